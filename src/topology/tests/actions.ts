/** One action of a timeline. What is added or deleted becomes the command that the user would type. */
import { constants } from 'node:os'
import { didYouMean } from '../../diagnostic/suggest.ts'
import { IMPAIRMENT_KEYS } from '../../state/impairment-words.ts'
import { parseSignal, SIGNAL_NAMES } from '../../unit/signal.ts'
import { impairmentTextsIn } from '../impairments.ts'
import { asScalar, mapAt, scalarAt, textsAt, valueAt } from '../value.ts'
import type { MapValue } from '../value.ts'
import type { Reader } from './reader.ts'
import type { Action, CableEnd } from './test.ts'

type What = Action extends infer A ? (A extends unknown ? Omit<A, 'step' | 'origin' | 'words'> : never) : never
type ReadAction = (map: MapValue, reader: Reader) => { readonly what: What; readonly words: string } | undefined

const READ: Readonly<Record<string, ReadAction>> = {
  down: (map, reader) => cableOf('down', map, reader),
  up: (map, reader) => cableOf('up', map, reader),
  flap: flapOf,
  impair: impairOf,
  reset: (map, reader) => cableOf('reset', map, reader),
  stop: (map, reader) => (valueAt(map, 'stop')!.kind === 'map' ? serviceOf('stop', map, reader) : nodesOf('stop', map, reader)),
  start: (map, reader) => (valueAt(map, 'start')!.kind === 'map' ? serviceOf('start', map, reader) : nodesOf('start', map, reader)),
  restart: (map, reader) => serviceOf('restart', map, reader),
  kill: (map, reader) => serviceOf('kill', map, reader),
  exec: execOf,
  add: (map, reader) => changeOf('add', map, reader),
  delete: (map, reader) => changeOf('delete', map, reader),
  wait: (map, reader) => {
    const ms = reader.durationMs(map, 'wait')
    return ms === undefined ? undefined : { what: { kind: 'wait', ms }, words: `wait ${scalarAt(map, 'wait')!.text}` }
  },
}

/** Keys that make a step an action. */
export const ACTIONS: ReadonlySet<string> = new Set(Object.keys(READ))

export function actionOf(key: string, map: MapValue, reader: Reader): Action | undefined {
  for (const [other, entry] of map.entries)
    if (other !== key && other !== 'name')
      reader.findings.error('CONFLICTING_VALUES', entry.key, `A step does one thing: "${key}" or "${other}". Write two.`)
  const read = READ[key]!(map, reader)
  return read === undefined ? undefined : ({ ...read.what, step: 'act', origin: map.origin, words: read.words } as Action)
}

function cableOf(kind: 'down' | 'up' | 'reset', map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const words = textsAt(map, kind)
  const ends = words.map((word) => reader.places.cableEnd(word))
  if (ends.includes(undefined)) return undefined
  return {
    what: { kind, ends: ends.filter((end): end is CableEnd => end !== undefined) },
    words: `${words.map(({ text }) => text).join(', ')} ${kind}`,
  }
}

function flapOf(map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const settings = mapAt(map, 'flap')!
  const link = scalarAt(settings, 'link')!
  const end = reader.places.cableEnd(link)
  const times = Number(scalarAt(settings, 'times')?.value ?? 3)
  const everyMs = reader.durationMs(settings, 'every') ?? 500
  return end && { what: { kind: 'flap', end, times, everyMs }, words: `flap ${link.text} ${times} times` }
}

function impairOf(map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const given = mapAt(map, 'impair')!
  const link = scalarAt(given, 'link')!
  const end = reader.places.cableEnd(link)
  const settings = impairmentTextsIn(given, reader.findings)
  if (Object.keys(settings).length === 0 && !reader.isTorn(given))
    reader.findings.error('MISSING_KEY', given.origin, `What is to happen to the packets? One of ${IMPAIRMENT_KEYS.join(', ')} is wanted.`)
  const both = scalarAt(given, 'both')?.value === true
  const words = Object.entries(settings).map(([key, value]) => `${key} ${value}`)
  return end && { what: { kind: 'impair', end, both, settings }, words: `${link.text}${both ? ' both ways' : ''}: ${words.join(', ')}` }
}

/** Of a node, or of one of its services where a map says so. */
function serviceOf(verb: 'stop' | 'start' | 'restart' | 'kill', map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const settings = mapAt(map, verb)!
  const service = reader.places.service(scalarAt(settings, 'node')!, scalarAt(settings, 'service')!)
  const word = scalarAt(settings, 'signal')
  const signal = parseSignal(word?.text ?? 'KILL')
  if (signal === undefined)
    reader.findings.error(
      'INVALID_VALUE',
      word?.origin,
      `"${word?.text ?? ''}" is not a signal, e.g. TERM.${didYouMean(word?.text ?? '', SIGNAL_NAMES)}`,
    )
  if (service === undefined || signal === undefined) return undefined
  const request = verb === 'kill' ? (`kill ${constants.signals[signal]}` as const) : verb
  const words = `${verb} ${service.service} of ${service.netns}${verb === 'kill' ? ` with ${signal}` : ''}`
  return { what: { kind: 'service', service, request }, words }
}

function nodesOf(kind: 'stop' | 'start', map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const words = textsAt(map, kind)
  const nodes = reader.places.nodes(words)
  return nodes.length === 0 ? undefined : { what: { kind, nodes }, words: `${kind} ${words.map(({ text }) => text).join(', ')}` }
}

function execOf(map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const settings = mapAt(map, 'exec')!
  const [node] = reader.places.nodes([scalarAt(settings, 'node')!])
  const argv = reader.argv(valueAt(settings, 'run')!)
  return node === undefined ? undefined : { what: { kind: 'exec', node, commands: [argv] }, words: `${node}: ${argv.at(-1)!}` }
}

/** `add` and `delete`: the words go to ip(8) and iptables(8) themselves. */
function changeOf(verb: 'add' | 'delete', map: MapValue, reader: Reader): ReturnType<ReadAction> {
  const settings = mapAt(map, verb)!
  const [node] = reader.places.nodes([scalarAt(settings, 'node')!])
  const commands: string[][] = []
  for (const noun of ['route', 'rule'] as const) {
    const words = scalarAt(settings, noun)?.text.split(/\s+/)
    if (words !== undefined)
      commands.push(['ip', ...(words.some((word) => word.includes(':')) ? ['-6'] : []), noun, verb === 'add' ? 'add' : 'del', ...words])
  }
  for (const tool of ['iptables', 'ip6tables'] as const)
    for (const line of textsAt(settings, tool).map((word) => asScalar(word).text))
      commands.push([
        'sh',
        '-c',
        `exec ${tool} -w ${verb === 'add' ? line : line.replace(/(^|\s)(?:-[AI]|--append|--insert)(?=\s)/, '$1-D').replace(/(-D\s+\S+)\s+\d+(?=\s)/, '$1')}`,
      ])
  if (node === undefined) return undefined
  if (commands.length === 0) {
    if (!reader.isTorn(settings))
      reader.findings.error('MISSING_KEY', settings.origin, `What to ${verb}? One of route, rule, iptables, ip6tables is wanted.`)
    return undefined
  }
  const said = commands.map((argv) => (argv[0] === 'sh' ? argv[2]!.replace('exec ', '') : argv.join(' ')))
  return { what: { kind: 'exec', node, commands }, words: `${node}: ${said.join('; ')}` }
}
