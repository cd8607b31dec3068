// What iptables-restore(8), ip6tables-restore(8) and nft(8) say of rules that they do not accept, as findings on the rules' lines.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { RulesetState } from '../state/network.ts'
import type { Finished } from './run.ts'

/** "Error occurred at line: 3", "line 2 failed", "expected at line 3" of iptables-restore; "/dev/stdin:3:20-23:" or "-:3:20-23:" of nft. */
const LINE_NUMBER = /\bline:? (\d+)|^(?:\/dev\/stdin|-):(\d+):/gm
/** iptables-restore 1.8 (nf_tables) finds out at COMMIT that a target is not there. */
const MISSING_CHAIN = /Chain '([^']+)' does not exist/

/** A diagnostic for each line that the tool names, or one for the whole where it names none. */
export function findRefusedRules(program: string, ruleset: RulesetState, { status, stderr }: Finished): Diagnostic[] {
  const lines = ruleset.input?.split('\n') ?? []
  const words = stderr.split('\n').filter((line) => line.trim() !== '' && !/^Try .* for more information/.test(line))
  const named = [...stderr.matchAll(LINE_NUMBER)].map((match) => Number(match[1] ?? match[2]))
  const numbers = new Set(named.map((number) => ruleLine(lines, number, stderr)))
  const places = numbers.size === 0 ? [undefined] : [...numbers]
  return places.map((line): Diagnostic => {
    const origin = (line === undefined ? undefined : ruleset.lineOrigins?.[line - 1]) ?? ruleset.origin
    const text = line === undefined ? undefined : lines[line - 1]
    return {
      code: 'RULE_REFUSED',
      severity: 'error',
      detail: text === undefined ? `${program} does not accept these rules.` : `${program} does not accept "${text.trim()}".`,
      ...(origin !== undefined && { origin }),
      facts: words.length === 0 ? [[program, `exit status ${status}, no words`]] : words.map((said) => [program, said] as const),
    }
  })
}

/** The line that a user wrote: for a COMMIT, the first that jumps to the chain that is missing, or none. */
function ruleLine(lines: readonly string[], number: number, stderr: string): number | undefined {
  if (lines[number - 1]?.trim() !== 'COMMIT') return number
  const chain = MISSING_CHAIN.exec(stderr)?.[1]
  const index = lines.findIndex((line) => chain !== undefined && / (?:-j|-g|--jump|--goto) (\S+)/.exec(line)?.[1] === chain)
  return index < 0 ? undefined : index + 1
}
