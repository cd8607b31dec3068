/** `links` → cables between two ends, ranges paired. Every name of a node or bridge is looked up here. */
import type { Origin } from '../diagnostic/origin.ts'
import { EXTERNAL } from '../state/network.ts'
import { expandRange } from '../unit/range.ts'
import type { Damage } from './damage.ts'
import { isOutsider, nameHint, OUTSIDERS } from './definitions.ts'
import type { Definition, Definitions } from './definitions.ts'
import type { Findings } from './findings.ts'
import { asMap, asScalar, itemsOf, mapAt, scalarAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue, Value } from './value.ts'

/** More than a kernel takes in a day; `cross: true` of two long ranges gets there quickly. */
const MAX_CABLES = 200_000

export interface CableDraft {
  readonly ends: readonly [EndDraft, EndDraft]
  readonly link: LinkDraft
}

/** What all cables of one item of `links` have in common. */
export interface LinkDraft {
  readonly origin: Origin
  /** The link's own `subnet`. */
  readonly subnet: Value | undefined
  readonly mtu: ScalarValue | undefined
  /** Of `defaults.link`, which gives way to what a bridge at an end says. */
  readonly defaultMtu: ScalarValue | undefined
  /** The object that the link was written as. */
  readonly settings: MapValue | undefined
  readonly defaults: MapValue | undefined
}

export interface EndDraft {
  readonly kind: 'node' | 'bridge'
  readonly definition: Definition
  /** Name of the interface, where the file gives one. */
  readonly ifname?: string
  readonly origin: Origin
  /** The object that an endpoint was written as. */
  readonly settings?: MapValue
}

interface EndText {
  /** `name` or `name:ifname`, perhaps a range. */
  readonly text: string
  readonly origin: Origin
  readonly settings?: MapValue
  /** The sort of owner that an object names. */
  readonly kind?: 'node' | 'bridge'
}

export function readCables(root: MapValue, definitions: Definitions, findings: Findings, damage: Damage): CableDraft[] {
  const defaults = mapAt(mapAt(root, 'defaults'), 'link')
  const defaultMtu = scalarAt(defaults, 'mtu')
  const cables: CableDraft[] = []
  const links = valueAt(root, 'links')
  for (const item of links?.kind === 'list' ? links.items : []) {
    const settings = item.kind === 'map' ? item : undefined
    const pairs = readPairs(item, settings, definitions, findings, damage)
    if (pairs === undefined) continue
    if (cables.length + pairs.count > MAX_CABLES) {
      findings.error('TOO_LARGE', item.origin, `With this link there are more than ${MAX_CABLES.toLocaleString('en')} cables.`)
      damage.addAll()
      break
    }
    const link: LinkDraft = {
      origin: item.origin,
      subnet: valueAt(settings, 'subnet'),
      mtu: scalarAt(settings, 'mtu'),
      defaultMtu,
      settings,
      defaults,
    }
    for (const ends of pairs.list()) {
      if (isOutside(ends)) {
        findings.error('INVALID_VALUE', item.origin, 'A link has one end in the lab: this one has none.')
        break
      }
      if (ends.every(isKnown)) cables.push({ ends: [ends[0], ends[1]] as CableDraft['ends'], link })
      else spoil(ends, damage)
    }
  }
  cutOffBehind(cables, damage)
  return cables
}

/** Marks the nodes behind damaged switches, through other switches too. */
function cutOffBehind(cables: readonly CableDraft[], damage: Damage): void {
  const neighbours = new Map<string, EndDraft[]>()
  for (const { ends } of cables)
    for (const [{ kind, definition }, other] of [ends, [ends[1], ends[0]]] as const) {
      if (kind !== 'bridge') continue
      const found = neighbours.get(definition.name)
      if (found === undefined) neighbours.set(definition.name, [other])
      else found.push(other)
    }
  const reached = new Set([...neighbours.keys()].filter((name) => damage.has(name)))
  for (const bridge of reached) {
    for (const { kind, definition } of neighbours.get(bridge) ?? []) {
      if (kind === 'node') damage.cutOff(definition.name)
      else reached.add(definition.name)
    }
  }
}

/** The pairs of ends that a link stands for; undefined after findings, its own or those of `validate`. */
function readPairs(
  item: Value,
  settings: MapValue | undefined,
  definitions: Definitions,
  findings: Findings,
  damage: Damage,
): Pairs | undefined {
  const endpoints = itemsOf(settings === undefined ? item : valueAt(settings, 'endpoints'))
  const [first, second] = endpoints
  if (first === undefined || second === undefined || endpoints.length > 2) return undefined
  const left = readEndpoint(first, definitions, findings, damage)
  const right = readEndpoint(second, definitions, findings, damage)
  if (left === undefined || right === undefined) {
    const known = left ?? right ?? []
    spoil(known, damage)
    // Which switch it was to lead to cannot be told: anybody may be behind it.
    if (known.some(({ kind }) => kind === 'bridge')) findings.hush('GATEWAY_NOT_CONNECTED', 'UNREACHABLE_ROUTE')
    return undefined
  }
  const isCross = scalarAt(settings, 'cross')?.value === true
  const pairs = isCross ? crossPairs(left, right) : straightPairs(left, right)
  if (pairs !== undefined) return pairs
  const detail = `The first end stands for ${left.length} interfaces, the second for ${right.length}: equal numbers are paired, and one is joined to each.`
  findings.error('RANGE_MISMATCH', item.origin, detail, { hint: 'For a link between all of them, write `cross: true`.' })
  spoil([...left, ...right], damage)
  return undefined
}

/** An interface of the machine goes into the lab; it is nothing that the machine could be linked to. */
function isOutside(ends: readonly MaybeEnd[]): boolean {
  return ends.every(({ name }) => isOutsider(name))
}

function isKnown(end: MaybeEnd): end is MaybeEnd & EndDraft {
  return end.definition !== undefined
}

/** An end whose owner may be unknown, which was reported. */
type MaybeEnd = Omit<EndDraft, 'definition'> & { readonly name: string; readonly definition: Definition | undefined }

function spoil(ends: readonly MaybeEnd[], damage: Damage): void {
  for (const end of ends) damage.add(end.name)
}

interface Pairs {
  readonly count: number
  list(): Iterable<readonly [MaybeEnd, MaybeEnd]>
}

function straightPairs(left: readonly MaybeEnd[], right: readonly MaybeEnd[]): Pairs | undefined {
  const count = Math.max(left.length, right.length)
  if (left.length !== right.length && left.length !== 1 && right.length !== 1) return undefined
  return {
    count,
    *list() {
      for (let index = 0; index < count; index++) {
        const ends = [left[left.length === 1 ? 0 : index], right[right.length === 1 ? 0 : index]] as const
        if (ends[0] !== undefined && ends[1] !== undefined) yield [ends[0], ends[1]]
      }
    },
  }
}

/** All pairs; where both ends are the same names, each two of them once: a full mesh. */
function crossPairs(left: readonly MaybeEnd[], right: readonly MaybeEnd[]): Pairs {
  const isMesh = left.length === right.length && left.every((end, index) => end.name === right[index]?.name)
  const count = isMesh ? (left.length * (left.length - 1)) / 2 : left.length * right.length
  return {
    count,
    *list() {
      for (const [index, a] of left.entries()) for (const b of isMesh ? right.slice(index + 1) : right) yield [a, b]
    },
  }
}

/** The ends an endpoint stands for; undefined after a finding that leaves none. */
function readEndpoint(value: Value, definitions: Definitions, findings: Findings, damage: Damage): MaybeEnd[] | undefined {
  const endpoint = endText(value, findings)
  if (endpoint === undefined) return undefined
  const texts = expandRange(endpoint.text)
  if (texts.problem !== undefined) {
    findings.error('INVALID_NAME', endpoint.origin, `${texts.problem}.`)
    return undefined
  }
  return texts.value.map((text) => {
    const colon = text.indexOf(':')
    const name = colon < 0 ? text : text.slice(0, colon)
    const found = lookUp(name, endpoint, definitions, findings)
    if (found === undefined) damage.add(name)
    return {
      name,
      kind: found?.kind ?? 'node',
      definition: found?.definition,
      origin: endpoint.origin,
      ...(colon < 0 ? {} : { ifname: text.slice(colon + 1) }),
      ...(endpoint.settings === undefined ? {} : { settings: endpoint.settings }),
    }
  })
}

function endText(value: Value, findings: Findings): EndText | undefined {
  if (value.kind === 'scalar') return { text: value.text, origin: value.origin }
  const settings = asMap(value)
  const [owner, second] = OWNER_KEYS.flatMap((key) => scalarAt(settings, key) ?? [])
  if (settings === undefined || owner === undefined) {
    findings.error(
      'MISSING_KEY',
      value.origin,
      'An endpoint names a `node`, a `bridge`, a link of the `host` or an `external` interface; this one names none.',
    )
    return undefined
  }
  if (second !== undefined) {
    findings.error('CONFLICTING_VALUES', second.origin, 'An endpoint is one of `node`, `bridge`, `host` and `external`, not two of them.')
    return undefined
  }
  const name = scalarAt(settings, 'name')
  const outsider = OUTSIDERS.find(([, key]) => scalarAt(settings, key) !== undefined)
  if (outsider !== undefined) return outsiderText(outsider, owner, settings, findings)
  const node = scalarAt(settings, 'node')
  const text = name === undefined ? owner.text : `${owner.text}:${asScalar(name).text}`
  return { text, origin: owner.origin, settings, kind: node === undefined ? 'bridge' : 'node' }
}

const OWNER_KEYS = ['node', 'bridge', 'host', 'external'] as const

/** The key's value is the name of the interface itself. Of an interface that the machine has, nothing else is said here. */
function outsiderText(
  [name, key]: (typeof OUTSIDERS)[number],
  ifname: ScalarValue,
  settings: MapValue,
  findings: Findings,
): EndText | undefined {
  const given = scalarAt(settings, 'name')
  if (given !== undefined) {
    findings.error('CONFLICTING_VALUES', given.origin, `\`${key}\` is the name of the interface already.`)
    return undefined
  }
  for (const [other, { key: origin }] of settings.entries) {
    if (name !== EXTERNAL || other === key) continue
    findings.error('INVALID_VALUE', origin, `${ifname.text} is an interface of the machine: its ${other} is said at the other end.`)
    return undefined
  }
  return { text: `${name}:${ifname.text}`, origin: ifname.origin, settings, kind: 'node' }
}

function lookUp(
  name: string,
  endpoint: EndText,
  definitions: Definitions,
  findings: Findings,
): { kind: 'node' | 'bridge'; definition: Definition } | undefined {
  const node = endpoint.kind === 'bridge' ? undefined : definitions.nodes.get(name)
  if (node !== undefined) return { kind: 'node', definition: node }
  const bridge = endpoint.kind === 'node' ? undefined : definitions.bridges.get(name)
  if (bridge !== undefined) return { kind: 'bridge', definition: bridge }
  if (definitions.refused.has(name)) return undefined
  const sort = endpoint.kind ?? 'node or bridge'
  // Looking for a similar name takes time, and nobody reads the five hundredth suggestion.
  const candidates = (): string[] => [
    ...(endpoint.kind === 'bridge' ? [] : definitions.nodes.keys()),
    ...(endpoint.kind === 'node' ? [] : definitions.bridges.keys()),
  ]
  const isOther = endpoint.kind === 'node' ? definitions.bridges.has(name) : endpoint.kind === 'bridge' && definitions.nodes.has(name)
  const other = endpoint.kind === 'node' ? 'bridge' : 'node'
  const hint = isOther ? `It is a ${other}: write { ${other}: ${name}, … }.` : findings.isFull() ? undefined : nameHint(name, candidates())
  findings.error('UNKNOWN_NODE', endpoint.origin, `There is no ${sort} "${name}".`, hint === undefined ? {} : { hint })
  return undefined
}
