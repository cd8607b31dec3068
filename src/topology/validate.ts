/**
 * Source tree × schema.json → findings, and a tree without the parts that do not fit, so that the stages behind can say
 * what else is wrong and need not doubt any type. The validator is compiled at build time (.config/build-schema.js).
 * The schema has no anyOf: each value has one shape per JSON type, so ajv's complaints are already about the shape that the user meant.
 */
import { didYouMean, suggest } from '../diagnostic/suggest.ts'
import type { Origin } from '../diagnostic/origin.ts'
import type { Damage } from './damage.ts'
import type { Findings, More } from './findings.ts'
import { validate } from './generated/validate.js'
import type { SchemaError } from './generated/validate.js'
import { emptyMap, itemsAt, plainOf } from './value.ts'
import type { Entry, ListValue, MapValue, ScalarValue, Value } from './value.ts'

/** Behind so many complaints nobody reads; a file that is wrong on every line must not cost seconds. */
const MAX_COMPLAINTS = 2_000

/** A value with the steps that lead to it. */
interface Place {
  readonly path: readonly string[]
  /** Key that names it, or the value itself in a list. */
  readonly origin: Origin
  readonly value: Value
  /** What holds it; absent for the root. */
  readonly parent?: MapValue | ListValue
}

/** The tree as the schema wants it; undefined where not even its root fits. */
export function validateTree(root: Value, findings: Findings, damage: Damage): MapValue | undefined {
  if (root.kind !== 'map') {
    findings.error('WRONG_TYPE', root.origin, `A topology is a map with keys such as nodes and links; this is ${kindOf(root)}.`)
    return undefined
  }
  if (validate(plainOf(root))) return root
  const complaints = (validate.errors ?? []).slice(0, MAX_COMPLAINTS).map((error) => ({ error, place: placeAt(root, error.instancePath) }))
  const misnamed = new Set(
    complaints.filter(({ error }) => error.keyword === 'additionalProperties').map(({ error }) => error.instancePath),
  )
  // A key that is missing where another is not known was most likely meant by that.
  const told = complaints.filter(({ error }) => error.keyword !== 'required' || !misnamed.has(error.instancePath))
  for (const { error, place } of told) report(error, place, findings)
  const pruning = createPruning(root, findings, damage)
  for (const { error, place } of complaints) pruning.prune(error, place)
  pruning.finish()
  return root
}

function placeAt(root: MapValue, pointer: string): Place {
  const path = pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
  let place: Place = { path, origin: root.origin, value: root }
  for (const step of path) {
    const parent: Value = place.value
    if (parent.kind === 'map') {
      const entry = parent.entries.get(step)
      if (entry !== undefined) place = { path, origin: entry.key, value: entry.value, parent }
    } else if (parent.kind === 'list') {
      const item = parent.items[Number(step)]
      if (item !== undefined) place = { path, origin: item.origin, value: item, parent }
    }
  }
  return place
}

function report(error: SchemaError, place: Place, findings: Findings): void {
  const { params, schema } = error
  const { origin } = place.value
  const name = subjectOf(place)
  switch (error.keyword) {
    case 'additionalProperties':
      return reportUnknownKey(String(params['additionalProperty']), error, place, findings)
    case 'type':
      return findings.error(
        'WRONG_TYPE',
        origin,
        `${name} takes ${typeNames(schema)}; this is ${kindOf(place.value)}.`,
        typeHint(schema, error.parentSchema['examples'], place),
      )
    case 'enum': {
      const accepted = (schema as unknown[]).map(String)
      const given = place.value.kind === 'scalar' ? `"${place.value.text}"` : kindOf(place.value)
      const detail = `${name} takes ${orList(accepted)}; this is ${given}.`
      const meant = place.value.kind === 'scalar' ? didYouMean(place.value.text, accepted).trim() : ''
      return findings.error('INVALID_VALUE', origin, detail, meant === '' ? {} : { hint: meant })
    }
    case 'minimum':
    case 'maximum':
      return reportBounds(error, place, findings)
    case 'required':
      return findings.error('MISSING_KEY', origin, `${name} has no key "${String(params['missingProperty'])}", which it needs.`)
    default:
      return findings.error('INVALID_VALUE', origin, `${sizeRule(error, name)}; this has ${sizeOf(place.value)}.`)
  }
}

function reportUnknownKey(key: string, error: SchemaError, place: Place, findings: Findings): void {
  const entry: Entry | undefined = place.value.kind === 'map' ? place.value.entries.get(key) : undefined
  const origin = entry?.key ?? place.origin
  const where = ownerOf(place.path)
  const known = Object.keys((error.parentSchema['properties'] as object | undefined) ?? {})
  const meant = SYNONYMS.find(([word, name]) => word === key && known.includes(name))?.[1] ?? suggest(key, known)
  const isBeside = BESIDE_KIND.has(key) && KIND_OF_TEST.test(place.path.join('/'))
  const elsewhere = isBeside ? `Write it beside ${where}, not in it.` : `Known here: ${known.join(', ')}.`
  const hint = meant !== undefined ? `Did you mean "${meant}"?` : key === 'topology' && place.path.length === 0 ? CONTAINERLAB : elsewhere
  findings.error('UNKNOWN_KEY', origin, `${where} has no key "${key}".`, { hint })
}

/** What other tools, or habit, call a key of ours. */
const SYNONYMS: readonly (readonly [word: string, name: string])[] = [
  ['cmd', 'run'],
  ['command', 'run'],
  ['exec', 'run'],
  ['ip', 'address'],
  ['gw', 'gateway'],
  ['bandwidth', 'rate'],
  ['bw', 'rate'],
  ['vni', 'id'],
]

const CONTAINERLAB = 'A lab of containerlab becomes a file of netlab by `netlab import`.'

/** `ping: { from: h1, to: h2 }` */
const KIND_OF_TEST = /^tests\/\d+(?:\/steps\/\d+)?\/[^/]+$/
const BESIDE_KIND = new Set(['from', 'to', 'expect', 'code', 'by', 'within', 'for', 'not', 'name'])

function reportBounds(error: SchemaError, place: Place, findings: Findings): void {
  const { minimum, maximum } = error.parentSchema as { readonly minimum: number; readonly maximum?: number }
  const accepted = maximum === undefined ? `${minimum} or more` : `${minimum} to ${maximum}`
  const side = error.keyword === 'minimum' ? 'small' : 'large'
  const text = place.value.kind === 'scalar' ? place.value.text : ''
  findings.error('INVALID_VALUE', place.value.origin, `${lastName(place.path)} ${text} is too ${side}: ${accepted} is accepted.`)
}

const TYPE_NAMES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
}

/** `a text or a list`. Nothing at all (null) is accepted in many places, but nobody would write it on purpose. */
function typeNames(schema: unknown): string {
  const types = (Array.isArray(schema) ? schema : [schema]).map(String).filter((type) => type !== 'null')
  return orList(types.map((type) => TYPE_NAMES[type] ?? type))
}

function kindOf(value: Value): string {
  if (value.kind === 'list') return 'a list'
  if (value.kind === 'map') return 'a map'
  if (value.value === null) return value.text === '' ? 'empty' : 'null'
  if (typeof value.value === 'string') return 'a text'
  if (typeof value.value === 'boolean') return `the truth value ${value.text}`
  return Number.isInteger(value.value) ? `the number ${value.text}` : `${value.text}, which is no whole number`
}

function typeHint(schema: unknown, examples: unknown, { value, path }: Place): More {
  const takes = accepts(schema)
  const hint =
    value.kind === 'scalar'
      ? scalarHint(takes, value, examples, path)
      : value.kind === 'map'
        ? mapHint(takes, value)
        : listHint(path, value)
  return hint === undefined ? {} : { hint }
}

/** `nodes: [h1, h2]` */
function listHint(path: readonly string[], { items }: ListValue): string | undefined {
  const [section = '', name = ''] = path
  if (path.length === 2 && NAMED_SECTIONS.has(section) && (name === 'links' || name === 'tests'))
    return `If it is not the name of ${section === 'nodes' ? 'a node' : 'one'}: "${name}" is a key of the file, and stands as far to the left as "${section}".`
  const names = items.flatMap((item) => (item.kind === 'scalar' ? [item.text] : []))
  if (path.length !== 1 || !NAMED_SECTIONS.has(section) || names.length < items.length || names.length === 0) return undefined
  const shown = names.slice(0, 3).map((name) => `${name}: {}`)
  return `Each has settings of its own, if only empty ones: { ${shown.join(', ')}${names.length > shown.length ? ', …' : ''} }`
}

const NAMED_SECTIONS = new Set(['nodes', 'bridges', 'profiles'])

type Accepts = (...types: readonly string[]) => boolean

/** Whether the schema takes a value of one of the types. */
function accepts(schema: unknown): Accepts {
  const accepted: readonly unknown[] = Array.isArray(schema) ? schema : [schema]
  return (...types) => types.some((type) => accepted.includes(type))
}

function scalarHint(takes: Accepts, value: ScalarValue, examples: unknown, path: readonly string[]): string | undefined {
  if (takes('string')) {
    const withUnit = (Array.isArray(examples) ? examples : []).find((example) => UNIT.test(String(example)))
    if (typeof value.value === 'number' && withUnit !== undefined) return `It has a unit, e.g. ${String(withUnit)}.`
    return value.value === null ? undefined : `Put it in quotes: "${value.text}".`
  }
  if (typeof value.value !== 'string') return undefined
  if (takes('integer', 'number') && /^\d+$/.test(value.text)) return `Write it without quotes: ${value.text}`
  return takes('boolean') ? truthHint(value.text) : partsHint(takes, value.text, path)
}

function truthHint(text: string): string | undefined {
  if (/^(?:yes|on)$/i.test(text)) return 'Write true.'
  return /^(?:no|off)$/i.test(text) ? 'Write false.' : undefined
}

/** A text where a list or a map is wanted. */
function partsHint(takes: Accepts, text: string, path: readonly string[]): string | undefined {
  const parts = text.split(/\s*(?:,|\s<?--?>?\s)\s*/)
  if (takes('array') && parts.length === 2) return `Write [${parts.join(', ')}].`
  if (takes('array') && LINK.test(path.join('/'))) return endsHint(text)
  if (path.length === 2 && path[0] === 'bridges' && /^[\da-f.:]+\/\d+$/i.test(text)) return `Write { subnet: ${text} }.`
  const [, key, rest] = /^([^\s:]+):(\S+)/.exec(text) ?? []
  if (key === undefined || path.length > 2 || !NAMED_SECTIONS.has(path[0] ?? '')) return undefined
  return `Behind a colon that ends a key stands a space: ${key}: ${rest}`
}

function endsHint(text: string): string {
  const ends = text.split(/\s+/)
  return ends.length === 2 ? `Write [${ends.join(', ')}].` : `Write both of its ends, e.g. [${text}, lan].`
}

const LINK = /^links\/\d+(?:\/endpoints)?$/

/** `10s`, `< 2%`, `8mbit..10mbit` */
const UNIT = /^[<>]? ?\d+(?:\.\d+)?(?:%|[a-z]+)(?:$|\.\.)/

/** `echo a: b` is a map in YAML, whose key is `echo a`. */
function mapHint(takes: Accepts, value: MapValue): string | undefined {
  const [[key = '', entry] = [], ...others] = value.entries
  if (!takes('string') || others.length > 0 || !key.includes(' ') || entry?.value.kind !== 'scalar') return undefined
  return `If this is one text, put it in quotes: '${key}: ${entry.value.text}'. YAML takes a colon before a blank for the end of a key.`
}

function sizeOf(value: Value): string {
  const size = value.kind === 'list' ? value.items.length : 0
  return size === 0 ? 'none' : String(size)
}

function sizeRule(error: SchemaError, name: string): string {
  if (name === 'A link') return 'A link has two ends'
  return `${name} takes at least ${String(error.parentSchema['minItems'])}`
}

/** What a finding is about: the key, or the thing it is an item of. */
function subjectOf(place: Place): string {
  const last = place.path.at(-1)
  return last === undefined || /^\d+$/.test(last) || OWNERS.some(([pattern]) => pattern.test(place.path.join('/')))
    ? ownerOf(place.path)
    : last
}

function lastName(path: readonly string[]): string {
  return path.findLast((step) => !/^\d+$/.test(step)) ?? 'The value'
}

const NODE = '(?:nodes/[^/]*|profiles/[^/]*|defaults/node)'
/** Words for the places of a topology, by their path; the first that fits. */
const OWNERS: readonly (readonly [pattern: RegExp, words: string])[] = [
  [/^$/, 'A topology'],
  [/^nodes\/[^/]*$/, 'A node'],
  [/^bridges\/[^/]*$/, 'A bridge'],
  [/^profiles\/[^/]*$/, 'A profile'],
  [new RegExp(`^${NODE}/interfaces/[^/]*$`), 'An interface'],
  [new RegExp(`^${NODE}/routes/\\d+$`), 'A route'],
  [new RegExp(`^${NODE}/routes/\\d+/nexthops/\\d+$`), 'A next hop'],
  [new RegExp(`^${NODE}/mpls/\\d+$`), 'A route by label'],
  [new RegExp(`^${NODE}/mpls/\\d+/nexthops/\\d+$`), 'A next hop'],
  [new RegExp(`^${NODE}/rules/\\d+$`), 'A rule'],
  [new RegExp(`^${NODE}/neighbors/\\d+$`), 'A neighbour'],
  [new RegExp(`^${NODE}/files/[^/]*$`), 'A file'],
  [/^tests\/\d+$/, 'A test'],
  [/^tests\/\d+\/steps\/\d+$/, 'A step'],
  [/^(?:links\/\d+|defaults\/link)$/, 'A link'],
  [/(?:^|\/)(?:forward|backward)$/, 'A direction of a link'],
  [/^bridges\/[^/]*\/segment$/, 'A segment'],
  [/^links\/\d+\/endpoints$/, 'A link'],
  [/^links\/\d+(?:\/endpoints)?\/\d+$/, 'An endpoint'],
]

function ownerOf(path: readonly string[]): string {
  // A slash inside a step (`files: { /etc/motd: … }`) would look like two steps.
  const joined = path.map((step) => step.replaceAll('/', '.')).join('/')
  return OWNERS.find(([pattern]) => pattern.test(joined))?.[1] ?? `"${lastName(path)}"`
}

function orList(words: readonly string[]): string {
  if (words.length < 2) return words.join('')
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1) ?? ''}`
}

interface Pruning {
  prune(error: SchemaError, place: Place): void
  finish(): void
}

function createPruning(root: MapValue, findings: Findings, damage: Damage): Pruning {
  const dropped = new Map<ListValue, Set<Value>>()

  const drop = (place: Place): void => {
    const { parent, value, path } = place
    if (parent?.kind === 'map') {
      const key = path.at(-1) ?? ''
      const entry = parent.entries.get(key)
      const isNamed = path.length === 2 && ['nodes', 'bridges', 'profiles'].includes(path[0] ?? '')
      if (entry !== undefined && isNamed) parent.entries.set(key, { key: entry.key, value: emptyMap(entry.key) })
      else parent.entries.delete(key)
      damage.tear(parent)
    } else if (parent?.kind === 'list') {
      dropped.set(parent, (dropped.get(parent) ?? new Set()).add(value))
    }
  }

  return {
    prune: (error, place) => {
      spoil(root, place, findings, damage)
      if (error.keyword === 'additionalProperties') {
        if (place.value.kind !== 'map') return
        place.value.entries.delete(String(error.params['additionalProperty']))
        damage.tear(place.value)
      } else drop(place)
    },
    finish: () => {
      for (const [list, values] of dropped) list.items.splice(0, list.items.length, ...list.items.filter((item) => !values.has(item)))
    },
  }
}

/** Says which nodes and bridges are incomplete without the place. */
function spoil(root: MapValue, place: Place, findings: Findings, damage: Damage): void {
  const [section, name] = place.path
  if (name === undefined && section === 'profiles') findings.hush('UNKNOWN_PROFILE')
  if (section === 'nodes' || section === 'bridges') {
    if (name === undefined) {
      damage.addAll()
      findings.hush('UNKNOWN_NODE')
    } else damage.add(name)
  } else if (section === 'links') {
    const link = itemsAt(root, 'links')[Number(name)]
    if (link !== undefined) spoilTexts(link, damage)
  } else if (section !== undefined && section !== 'tests') damage.addAll()
}

function spoilTexts(value: Value, damage: Damage): void {
  if (value.kind === 'scalar') damage.add(value.text)
  else if (value.kind === 'list') for (const item of value.items) spoilTexts(item, damage)
  else for (const entry of value.entries.values()) spoilTexts(entry.value, damage)
}
