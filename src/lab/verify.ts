import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Engine } from '../linux/engine.ts'
import type { Observation, ObserveScope, Table } from '../linux/observe.ts'
import type { Plan } from '../plan/operation.ts'
import { differences, formatDifference, type Difference } from '../state/compare.ts'
import { extraKeys } from '../state/extra.ts'
import type { NetworkState } from '../state/network.ts'
import { withExternals } from '../state/external.ts'
import { withOwnOptions } from '../state/spanning-tree.ts'
import type { ReadyLab } from './compile.ts'
import { withObservedRulesets } from './ruleset.ts'
import { withObservedLimits } from './limits.ts'
import { rulesetTools, scopeOf } from './scope.ts'
import { findDeadServices, withObservedServices } from './services.ts'
import type { LabMemory } from './state.ts'

/** Duplicate address detection takes a second, and a random second before it (RFC 4862, 5.4). */
const DAD_LIMIT_MS = 10_000
const DAD_POLL_MS = 50

export interface Verified {
  readonly warnings: Diagnostic[]
  /** Objects that are there beyond the file because its setup commands or services made them. */
  readonly tolerated: ReadonlySet<string>
}

/** What is to be read back, and what it must be. */
export interface Expectation {
  readonly network: NetworkState
  readonly scope: ObserveScope
  /** What becomes of the lab where it is something else: a sentence. */
  readonly aftermath: string
}

/** What a plan must have made of the lab: known before it is carried out. */
export function expectationOf(desired: NetworkState, plan: Plan, aftermath: string): Expectation {
  const network = readBack(desired, plan)
  return { network, scope: scopeAfter(network, plan), aftermath }
}

/** As `compareWithFile`. Errors: refusal, with what it has found. */
export async function verify(...asked: Parameters<typeof compareWithFile>): Promise<Verified> {
  const { problems, ...verified } = await compareWithFile(...asked)
  if (problems.length > 0) throw new DiagnosticError('refusal', problems)
  return verified
}

/**
 * Reads the lab back and compares it with the file. What setup commands and services have added (the address of a VRRP
 * router) is told apart by the plan that ran them.
 * Problems: NOT_AS_DESIRED, naming every difference; SERVICE_FAILED.
 */
export async function compareWithFile(
  engine: Engine,
  directory: string,
  ready: ReadyLab,
  plan: Plan,
  { network: expected, scope, aftermath }: Expectation,
  memory?: LabMemory,
): Promise<Verified & { readonly problems: readonly Diagnostic[] }> {
  const { observation, warnings } = await settledObservation(engine, scope)
  const withRulesets = await withObservedRulesets(directory, observation.network, rulesetTools(ready.desired))
  const withLimits = withObservedLimits(directory, await withObservedServices(directory, withRulesets))
  const observed = withExternals(withOwnOptions(withLimits, expected), expected)
  const dead = findDeadServices(directory, ready.desired, observed, aftermath)
  const ranPrograms = plan.operations.some(({ type }) => type === 'run setup' || type === 'start service')
  const before = memory?.tolerated ?? new Set<string>()
  const left = ranPrograms ? extraKeys(expected, observed) : new Set<string>()
  const tolerated = new Set([...before, ...left])
  if (dead.length > 0) return { warnings, tolerated, problems: dead }
  const wrong = differences(expected, observed, { previous: expected, tolerated })
  return { warnings, tolerated, problems: wrong.map((difference) => notAsDesired(difference, aftermath)) }
}

function notAsDesired(difference: Difference, aftermath: string): Diagnostic {
  return {
    code: 'NOT_AS_DESIRED',
    severity: 'error',
    detail: `${formatDifference(difference)}. The kernel took the request and did something else, or another program changed it since. ${aftermath}`,
    ...(difference.origin !== undefined && { origin: difference.origin }),
  }
}

/** Observes when duplicate address detection is over: until then an IPv6 address does not answer. */
async function settledObservation(engine: Engine, scope: ObserveScope): Promise<{ observation: Observation; warnings: Diagnostic[] }> {
  const limit = performance.now() + DAD_LIMIT_MS
  let observation = await engine.observe(scope)
  while (observation.tentative.length > 0 && performance.now() < limit) {
    await new Promise((resolve) => setTimeout(resolve, DAD_POLL_MS))
    observation = await engine.observe(scope)
  }
  const warning = (code: 'STILL_TENTATIVE' | 'DUPLICATE_ADDRESS_SEEN', detail: string): Diagnostic => ({
    code,
    severity: 'warning',
    detail,
  })
  return {
    observation,
    warnings: [
      ...observation.tentative.map((addr) => warning('STILL_TENTATIVE', `${addr} is still tentative after ${DAD_LIMIT_MS / 1000} s.`)),
      ...observation.duplicate.map((addr) => warning('DUPLICATE_ADDRESS_SEEN', `${addr} is in use by another node of its segment.`)),
    ],
  }
}

/**
 * What is worth reading back: all but the contents of files, which were written a moment ago and which nothing but their node can
 * change, and sysctls that the plan did not write because they were so before.
 */
function readBack(desired: NetworkState, plan: Plan): NetworkState {
  const written = new Set(
    plan.operations.flatMap((operation) => (operation.type === 'set sysctl' ? [`${operation.netns} ${operation.name}`] : [])),
  )
  const namespaces = [...desired.namespaces].map(([netns, namespace]) => {
    const sysctls = [...namespace.sysctls].filter(([name]) => written.has(`${netns} ${name}`))
    return [netns, { ...namespace, files: new Map(), sysctls: new Map(sysctls) }] as const
  })
  return { namespaces: new Map(namespaces) }
}

const TABLES = ['qdiscs', 'routes', 'rules', 'neighs'] as const satisfies readonly Table[]

/**
 * What to read back. In a namespace that the plan has made, and in which no setup command ran, a table of which the file wants nothing
 * is empty: nobody else has been there. Reading them all takes as long as everything else of the look.
 */
function scopeAfter(expected: NetworkState, plan: Plan): ObserveScope {
  const untouched = new Set(plan.operations.flatMap(({ type, netns }) => (type === 'add netns' ? [netns] : [])))
  for (const { type, netns } of plan.operations) if (type === 'run setup') untouched.delete(netns)
  return new Map(
    [...scopeOf(expected)].map(([netns, scope]) => {
      const namespace = expected.namespaces.get(netns)
      if (namespace === undefined || !untouched.has(netns)) return [netns, scope]
      return [netns, { ...scope, tables: new Set(TABLES.filter((table) => namespace[table].size > 0)) }]
    }),
  )
}
