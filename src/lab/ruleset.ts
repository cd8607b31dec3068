// Packet filter rules belong to the real tools: iptables-restore(8), ip6tables-restore(8), nft(8). A ruleset is loaded in a network of
// its own first, before anything is made: a bad rule is a finding on its line, and what the tool saves of a good one is the canonical
// form that a node's rules are compared with.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { scratchCommand, toolCommand } from '../linux/nsexec.ts'
import type { NetworkState, RulesetState, RulesetTool } from '../state/network.ts'
import { findRefusedRules, refusedLines } from './refused-rule.ts'
import { limiter } from './limiter.ts'
import { run, type Finished } from './run.ts'

interface Tool {
  /** Debian's package. */
  readonly package: string
  readonly program: string
  readonly load: readonly string[]
  readonly save: readonly string[]
}

const TOOLS: Record<RulesetTool, Tool> = {
  iptables: { package: 'iptables', program: 'iptables-restore', load: ['iptables-restore'], save: ['iptables-save'] },
  ip6tables: { package: 'iptables', program: 'ip6tables-restore', load: ['ip6tables-restore'], save: ['ip6tables-save'] },
  nftables: { package: 'nftables', program: 'nft', load: ['nft', '-f', '-'], save: ['nft', '--stateless', 'list', 'ruleset'] },
}

const NOT_FOUND = 127
/** Programs at once: each is short and mostly waits for the kernel. */
const AT_ONCE = 4

interface Loaded {
  readonly canonical?: string
  readonly diagnostics: readonly Diagnostic[]
}

/** Rulesets by node and tool. */
export type Rulesets = ReadonlyMap<string, ReadonlyMap<RulesetTool, RulesetState>>

/** Gives every ruleset its canonical form. Findings: RULE_REFUSED, TOOL_MISSING. */
export async function canonicalRulesets(wanted: Rulesets): Promise<{ rulesets: Rulesets; diagnostics: Diagnostic[] }> {
  const loads = new Map<string, Promise<Loaded>>()
  const limit = limiter(AT_ONCE)
  const diagnostics: Diagnostic[] = []
  const canonicals = new Map<string, ReadonlyMap<RulesetTool, RulesetState>>()
  for (const [name, own] of wanted) {
    const rulesets = new Map<RulesetTool, RulesetState>()
    for (const [tool, ruleset] of own) {
      // Equal rulesets of many nodes come from one profile: asked once, and found fault with once.
      const key = `${tool}\0${ruleset.input}`
      const isFirst = !loads.has(key)
      const load = loads.get(key) ?? limit(() => loadInScratch(tool, ruleset))
      loads.set(key, load)
      const { canonical, diagnostics: found } = await load
      if (isFirst) diagnostics.push(...found)
      rulesets.set(tool, { ...ruleset, canonical: ownTables(tool, canonical ?? '', own) })
    }
    canonicals.set(name, rulesets)
  }
  return { rulesets: canonicals, diagnostics }
}

/** The network with the rulesets of its nodes in their canonical form. */
export function withRulesets(desired: NetworkState, rulesets: Rulesets): NetworkState {
  const namespaces = [...desired.namespaces].map(([name, namespace]) => {
    const own = rulesets.get(name)
    return [name, own === undefined ? namespace : { ...namespace, rulesets: own }] as const
  })
  return { namespaces: new Map(namespaces) }
}

/** iptables-restore stops at the first rule that it does not accept: the others are asked for without it. */
async function loadInScratch(tool: RulesetTool, ruleset: RulesetState): Promise<Loaded> {
  const diagnostics: Diagnostic[] = []
  const lines = (ruleset.input ?? '').split('\n')
  for (let tries = 0; ; tries++) {
    const done = await tryInScratch(tool, lines.join('\n'))
    if (done.status === NOT_FOUND) return { diagnostics: [missing(tool, ruleset)] }
    if (done.status === 0) return diagnostics.length > 0 ? { diagnostics } : { canonical: canonicalRuleset(tool, done.stdout), diagnostics }
    const found = findRefusedRules(TOOLS[tool].program, ruleset, done)
    const refused = tool === 'nftables' ? [] : refusedLines(ruleset, done.stderr).filter((line) => lines[line - 1] !== LEFT_OUT)
    // What is said of the rules as a whole may come of those that were left out.
    if (tries === 0 || refused.length > 0) diagnostics.push(...found)
    if (refused.length === 0 || tries === MAX_TRIES) return { diagnostics }
    for (const line of refused) lines[line - 1] = LEFT_OUT
  }
}

const MAX_TRIES = 20
const LEFT_OUT = '# left out'

function tryInScratch(tool: RulesetTool, input: string): Promise<Finished> {
  const { load, save } = TOOLS[tool]
  const script = `${load.join(' ')} && exec ${save.join(' ')}`
  return run(scratchCommand(['sh', '-c', script]), { input, env: toolEnvironment() })
}

/** The tools live in /usr/sbin, which an ordinary user's PATH often lacks; messages are read, so in the C locale. */
export function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, PATH: `${process.env['PATH'] ?? '/usr/bin:/bin'}:/usr/sbin:/sbin`, LC_ALL: 'C' }
}

function missing(tool: RulesetTool, ruleset: RulesetState): Diagnostic {
  const { program, package: name } = TOOLS[tool]
  return {
    code: 'TOOL_MISSING',
    severity: 'error',
    detail: `The file has ${tool} rules, and there is no ${program} on this machine.`,
    ...(ruleset.origin !== undefined && { origin: ruleset.origin }),
    command: { sentence: 'On Debian and Ubuntu it comes with:', line: `apt-get install ${name}` },
  }
}

/** Without comments and counters, and without tables that hold nothing: some tools list every table that anybody has looked at. */
export function canonicalRuleset(tool: RulesetTool, saved: string): string {
  const lines = saved.split('\n').filter((line) => line.trim() !== '' && !line.startsWith('#'))
  if (tool === 'nftables') return lines.join('\n')
  const tables = lines
    .map((line) => line.replace(/^(:\S+ \S+) \[\d+:\d+\]$/, '$1'))
    .join('\n')
    .split(/(?<=^COMMIT$)\n?/m)
  return tables
    .filter((table) => /^-A |^:\S+ (?:DROP|-)/m.test(table))
    .sort()
    .join('\n')
}

/**
 * Where iptables is iptables-nft, nft lists its tables too (ip filter, ip nat …): in a node that has rules of both, they are not nft's.
 */
function ownTables(tool: RulesetTool, canonical: string, tools: { has(tool: RulesetTool): boolean }): string {
  if (tool !== 'nftables') return canonical
  const families = [...(tools.has('iptables') ? ['ip'] : []), ...(tools.has('ip6tables') ? ['ip6'] : [])]
  if (families.length === 0) return canonical
  const foreign = new RegExp(`^table (?:${families.join('|')}) (?:filter|nat|mangle|raw|security) `)
  return canonical
    .split(/(?<=^\})\n/m)
    .filter((table) => !foreign.test(table))
    .join('\n')
}

/** The canonical form of what a node has now. */
export async function observedRuleset(directory: string, node: string, tool: RulesetTool): Promise<string> {
  const done = await run(toolCommand(directory, node, TOOLS[tool].save), { env: toolEnvironment() })
  if (done.status !== 0) throw new Error(`${TOOLS[tool].save.join(' ')} in ${node}: exit status ${done.status}: ${done.stderr.trim()}`)
  return canonicalRuleset(tool, done.stdout)
}

/** Adds to observed state the rulesets of the tools that are named, asked from the tools inside the nodes. */
export async function withObservedRulesets(
  directory: string,
  observed: NetworkState,
  wanted: ReadonlyMap<string, Iterable<RulesetTool>>,
): Promise<NetworkState> {
  const limit = limiter(AT_ONCE)
  const namespaces = new Map(observed.namespaces)
  await Promise.all(
    [...wanted].map(async ([name, tools]) => {
      const namespace = observed.namespaces.get(name)
      if (namespace === undefined) return
      const wantedHere = new Set(tools)
      const asked = [...wantedHere].map(
        async (tool) =>
          [tool, { canonical: ownTables(tool, await limit(() => observedRuleset(directory, name, tool)), wantedHere) }] as const,
      )
      const rulesets = new Map<RulesetTool, RulesetState>((await Promise.all(asked)).filter(([, { canonical }]) => canonical !== ''))
      namespaces.set(name, { ...namespace, rulesets })
    }),
  )
  return { namespaces }
}

/** Loads a ruleset in a node. Returns what went wrong, in the tool's words. */
export async function loadRuleset(directory: string, node: string, tool: RulesetTool, input: string): Promise<string | undefined> {
  const done = await run(toolCommand(directory, node, TOOLS[tool].load), { input, env: toolEnvironment() })
  return done.status === 0 ? undefined : done.stderr.trim() || `exit status ${done.status}`
}
