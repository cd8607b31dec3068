// Configurations of routing daemons belong to their own tools, which check them before anything is made: vtysh(1) -C, bird(8) -p.
import { existsSync } from 'node:fs'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { DaemonConfig } from '../topology/daemon-config.ts'
import { limiter } from './limiter.ts'
import { run } from './run.ts'
import { toolEnvironment } from './ruleset.ts'

const TOOLS = {
  frr: { program: 'vtysh', package: 'frr', needs: '/usr/lib/frr/zebra', check: 'vtysh -C -f /dev/stdin' },
  bird: { program: 'bird', package: 'bird2', needs: undefined, check: 'bird -p -c /dev/stdin' },
} as const

const AT_ONCE = 4
const NOT_FOUND = 127

/** What the tools do not accept, each on its line. */
export async function checkDaemonConfigs(configs: readonly DaemonConfig[]): Promise<Diagnostic[]> {
  const limit = limiter(AT_ONCE)
  const seen = new Set<string>()
  const distinct = configs.filter(({ tool, text, origin }) => {
    const key = `${tool} ${origin.file}:${origin.line} ${text}`
    return !seen.has(key) && seen.add(key)
  })
  return (await Promise.all(distinct.map((config) => limit(() => checkConfig(config))))).flat()
}

async function checkConfig(config: DaemonConfig): Promise<Diagnostic[]> {
  const { program, needs, check } = TOOLS[config.tool]
  if (needs !== undefined && !existsSync(needs)) return [missing(config)]
  // Our own pipes are sockets, which nobody can open by the name /dev/stdin; those of a shell are none.
  const done = await run(
    { file: 'sh', args: ['-c', `command -v ${program} >/dev/null || exit ${NOT_FOUND}; cat | ${check}`] },
    { input: config.text, env: toolEnvironment() },
  )
  if (done.status === 0) return []
  if (done.status === NOT_FOUND) return [missing(config)]
  const words = `${done.stdout}${done.stderr}`.split('\n').filter((line) => /^line \d+:|^bird: /.test(line))
  if (words.length === 0) words.push(`exit status ${done.status}: ${done.stderr.trim() || 'no words'}`)
  return [...new Set(withoutConsequences(config.text, words))].map((said) => refused(config, program, said))
}

/** vtysh says of each line in a section that it is unknown, where it is the section's first line that is wrong. */
export function withoutConsequences(text: string, words: readonly string[]): string[] {
  const lines = text.split('\n')
  const numbers = new Set(words.map(lineNumber))
  const headOf = (number: number): number => lines.slice(0, number - 1).findLastIndex((line) => /^[^\s!#]/.test(line)) + 1
  return words.filter((said) => !/^\s/.test(lines[lineNumber(said) - 1] ?? '') || !numbers.has(headOf(lineNumber(said))))
}

/** "line 5: % Unknown command[41]: …" of vtysh, "bird: /dev/stdin:3:5 syntax error" of bird. */
function refused({ lineOrigins, origin, text }: DaemonConfig, program: string, said: string): Diagnostic {
  const number = lineNumber(said)
  const line = text.split('\n')[number - 1]?.trim()
  return {
    code: 'CONFIG_REFUSED',
    severity: 'error',
    detail: line === undefined ? `${program} does not accept this configuration.` : `${program} does not accept "${line}".`,
    origin: lineOrigins[number - 1] ?? origin,
    facts: [[program, said.replace(/^line \d+: /, '')]],
  }
}

function lineNumber(said: string): number {
  return Number(/^line (\d+):|^bird: \S+:(\d+):/.exec(said)?.slice(1).find(Boolean))
}

function missing({ tool, origin }: DaemonConfig): Diagnostic {
  const { program, package: name } = TOOLS[tool]
  return {
    code: 'TOOL_MISSING',
    severity: 'error',
    detail: `The file has a configuration for ${tool === 'frr' ? 'FRRouting' : 'BIRD'}, and there is no ${program} on this machine.`,
    origin,
    command: { sentence: 'On Debian and Ubuntu it comes with:', line: `apt-get install ${name}` },
  }
}
