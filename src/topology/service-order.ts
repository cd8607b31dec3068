/** Which services wait for which: `after` with its names looked up, over all nodes. */
import { hash } from 'node:crypto'
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import type { ServiceDefinition, ServiceName, ServiceState } from '../state/network.ts'
import { isolationText } from '../state/isolation.ts'
import { expandRange } from '../unit/range.ts'
import type { Findings } from './findings.ts'
import type { ServiceSettings } from './services.ts'
import type { NodeSettings } from './topology.ts'
import { partOrigin } from './value.ts'
import type { ScalarValue } from './value.ts'

type Settings = ReadonlyMap<string, Pick<NodeSettings, 'services' | 'env' | 'capabilities' | 'isolation' | 'limits'>>

/** The services of each node that has any. */
export function resolveServices(nodes: Settings, findings: Findings): Map<string, Map<string, ServiceState>> {
  const resolved = new Map<string, Map<string, ServiceState>>()
  const waits = new Map<string, Waiting>()
  for (const [netns, node] of nodes) {
    const { services } = node
    if (services.size === 0) continue
    const own = new Map<string, ServiceState>()
    for (const [service, settings] of services) {
      const after = settings.after.flatMap((word) =>
        typeof word === 'string' ? [{ netns, service: word }] : namedServices(nodes, netns, word, findings),
      )
      own.set(service, serviceState(settings, node, after))
      waits.set(`${netns} ${service}`, { netns, service, settings, after })
    }
    resolved.set(netns, own)
  }
  findCycle(waits, findings)
  return resolved
}

function serviceState(
  settings: ServiceSettings,
  node: Pick<NodeSettings, 'env' | 'capabilities' | 'isolation' | 'limits'>,
  after: readonly ServiceName[],
): ServiceState {
  const { origin, after: _, capabilities: added, ...rest } = settings
  const capabilities = node.capabilities === undefined ? {} : { capabilities: [...new Set([...node.capabilities, ...added])].sort() }
  return definedService({ ...rest, ...capabilities, env: { ...node.env, ...settings.env }, after }, origin, node)
}

/**
 * A service that is run so, in namespaces and cgroups of a node's own or beside them. One that is in other namespaces than it should be, or
 * in no cgroup, is started anew.
 */
export function definedService(
  definition: ServiceDefinition,
  origin: Origin,
  node?: Pick<NodeSettings, 'isolation' | 'limits'>,
): ServiceState {
  const { ready: _ready, after: _after, ...runs } = definition
  const isLimited = node !== undefined && Object.keys(node.limits).length > 0
  const started = { ...runs, ...(node !== undefined && { isolation: isolationText(node.isolation) }), ...(isLimited && { isLimited }) }
  return { definition, digest: hash('sha256', JSON.stringify(Object.entries(started).sort())), origin }
}

/** `service`, or `node:service` where the node may be a range. */
function namedServices(nodes: Settings, netns: string, word: ScalarValue, findings: Findings): ServiceName[] {
  const [, nodeWord, service = ''] = /^(?:(.*):)?([^:]*)$/.exec(word.text) ?? []
  const range = nodeWord === undefined ? { value: [netns] } : expandRange(nodeWord)
  if (range.problem !== undefined) findings.error('INVALID_NAME', word.origin, `${range.problem}.`)
  return (range.value ?? []).flatMap((node): ServiceName[] => {
    const there = nodes.get(node)
    if (there === undefined) {
      const origin = partOrigin(word, 0, nodeWord?.length ?? 0)
      findings.error('UNKNOWN_NODE', origin, `There is no node "${node}".${didYouMean(node, nodes.keys())}`)
      return []
    }
    if (there.services.has(service)) return [{ netns: node, service }]
    const known = [...there.services.keys()]
    const has = known.length === 0 ? 'It has no services.' : `It has ${known.join(', ')}.`
    findings.error('UNKNOWN_SERVICE', word.origin, `The node "${node}" has no service "${service}".${didYouMean(service, known)} ${has}`)
    return []
  })
}

interface Waiting extends ServiceName {
  readonly settings: ServiceSettings
  readonly after: readonly ServiceName[]
}

/** One cycle is told at a time: breaking it often breaks the others. */
function findCycle(waits: ReadonlyMap<string, Waiting>, findings: Findings): void {
  const done = new Set<string>()
  const visit = (key: string, chain: readonly string[]): boolean => {
    const start = chain.indexOf(key)
    if (start >= 0) {
      const names = [...chain.slice(start), key].map((each) => each.replace(' ', ':'))
      const { settings } = waits.get(key)!
      findings.error('SERVICE_CYCLE', originOf(settings), `None of them can be first: ${names.join(' → ')}.`)
      return true
    }
    if (done.has(key)) return false
    done.add(key)
    return (waits.get(key)?.after ?? []).some(({ netns, service }) => visit(`${netns} ${service}`, [...chain, key]))
  }
  for (const key of waits.keys()) if (visit(key, [])) return
}

function originOf({ after, origin }: ServiceSettings): Origin {
  const [first] = after
  return first === undefined || typeof first === 'string' ? origin : first.origin
}
