// What iptables-restore(8), ip6tables-restore(8) and nft(8) say of rules that they do not accept, as findings on the rules' lines.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { RulesetState } from '../state/network.ts'
import type { Finished } from './run.ts'

/** "Error occurred at line: 3", "line 2 failed", "expected at line 3" of iptables-restore. */
const LINE_NUMBER = /\bline:? (\d+)/gm
/** "/dev/stdin:3:20-23:" or "-:3:20-23:" of nft, which begins a message of its own. */
const NFT_MESSAGE = /^(?:\/dev\/stdin|-):(\d+):/
/** Its name and version, which the finding has; the number of a line that is none of the file's. */
const NOISE = /^\S+ v[\d.]+ \(\w+\): |^Error occurred at line: \d+$/
/** Options of a protocol's own match, which `-p` brings. */
const PORT_OPTION = /unknown option "--(?:d|s|destination-|source-)ports?"/
/** iptables-restore 1.8 (nf_tables) finds out at COMMIT that a target is not there. */
const MISSING_CHAIN = /Chain '([^']+)' does not exist/

/** A diagnostic for each line that the tool names, or one for the whole where it names none. */
export function findRefusedRules(program: string, ruleset: RulesetState, { status, stderr }: Finished): Diagnostic[] {
  const lines = ruleset.input?.split('\n') ?? []
  return complaintsOf(lines, stderr).map(({ line, words }): Diagnostic => {
    const origin = (line === undefined ? undefined : ruleset.lineOrigins?.[line - 1]) ?? ruleset.origin
    const text = line === undefined ? undefined : lines[line - 1]
    return {
      code: 'RULE_REFUSED',
      severity: 'error',
      detail: text === undefined ? `${program} does not accept these rules.` : `${program} does not accept "${text.trim()}".`,
      ...(PORT_OPTION.test(words.join()) && { hint: 'Ports are those of a protocol: write "-p tcp" or "-p udp" before them.' }),
      ...(origin !== undefined && { origin }),
      facts: words.length === 0 ? [[program, `exit status ${status}, no words`]] : words.map((said) => [program, said] as const),
    }
  })
}

/** Numbers of the input's lines that iptables-restore names: it stops at the first that it does not like. */
export function refusedLines(ruleset: RulesetState, stderr: string): readonly number[] {
  return complaintsOf(ruleset.input?.split('\n') ?? [], stderr).flatMap(({ line }) => line ?? [])
}

interface Complaint {
  /** Counting from 1. */
  readonly line?: number
  readonly words: readonly string[]
}

function complaintsOf(lines: readonly string[], stderr: string): readonly Complaint[] {
  const said = stderr.split('\n').map((line) => line.replace(NOISE, ''))
  const words = said.filter((line) => line.trim() !== '' && !/^Try .* for more information/.test(line))
  if (words.some((line) => NFT_MESSAGE.test(line))) return nftComplaints(words)
  const named = [...stderr.matchAll(LINE_NUMBER)].map((match) => Number(match[1]))
  const numbers = new Set(named.map((number) => ruleLine(lines, number, stderr)))
  const places = numbers.size === 0 ? [undefined] : [...numbers]
  return places.map((line) => (line === undefined ? { words } : { line, words }))
}

/** nft says more than one thing. After a syntax error it has lost its place, and what it says next is about that. */
function nftComplaints(words: readonly string[]): readonly Complaint[] {
  const complaints = new Map<number, string[]>()
  let current: string[] = []
  for (const said of words) {
    const line = NFT_MESSAGE.exec(said)?.[1]
    if (line !== undefined) {
      if (current.some((before) => before.includes('syntax error'))) break
      current = complaints.get(Number(line)) ?? []
      complaints.set(Number(line), current)
    }
    current.push(said)
  }
  return [...complaints].map(([line, said]) => ({ line, words: said }))
}

/** The line that a user wrote: for a COMMIT, the first that jumps to the chain that is missing, or none. */
function ruleLine(lines: readonly string[], number: number, stderr: string): number | undefined {
  if (lines[number - 1]?.trim() !== 'COMMIT') return number
  const chain = MISSING_CHAIN.exec(stderr)?.[1]
  const index = lines.findIndex((line) => chain !== undefined && / (?:-j|-g|--jump|--goto) (\S+)/.exec(line)?.[1] === chain)
  return index < 0 ? undefined : index + 1
}
