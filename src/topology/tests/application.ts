/** Expectations about what runs in the nodes: http, dns, run. */
import { given } from '../../unit/given.ts'
import type { Origin } from '../../diagnostic/origin.ts'
import { mapAt, scalarAt, textsAt, valueAt } from '../value.ts'
import type { MapValue } from '../value.ts'
import type { Places } from './places.ts'
import type { Reader } from './reader.ts'
import type { DnsExpectation, HttpExpectation, Pair, RunExpectation } from './test.ts'

interface Read<What> {
  readonly what: What
  readonly words: string
}

/** A text that stands for the most important of the keys, or all of them. */
function shortOrMap(map: MapValue, key: string): { readonly settings?: MapValue; readonly short?: string } {
  const value = valueAt(map, key)
  if (value?.kind === 'map') return { settings: value }
  return value?.kind === 'scalar' ? { short: value.text } : {}
}

export function httpOf(map: MapValue, reader: Reader): Read<HttpExpectation> | undefined {
  const { settings, short } = shortOrMap(map, 'http')
  const path = short ?? scalarAt(settings, 'path')?.text ?? '/'
  const status = Number(scalarAt(settings, 'status')?.value ?? 200)
  const host = scalarAt(settings, 'host')?.text
  const body = reader.pattern(settings, 'body')
  const header = [...(mapAt(settings, 'header')?.entries ?? [])].flatMap(([name, entry]) =>
    entry.value.kind === 'scalar' ? [[name.toLowerCase(), reader.patternOf(entry.value)] as const] : [],
  )
  const pairs = reader.pairs(map, 'http')
  if (pairs === undefined) return undefined
  const port = Number(scalarAt(settings, 'port')?.value ?? 80)
  const what: HttpExpectation = {
    kind: 'http',
    pairs,
    port,
    path,
    status,
    header,
    ...given({ host, body }),
  }
  return { what, words: `http ${port === 80 ? '' : `:${port}`}${path} ${status}` }
}

export function dnsOf(map: MapValue, reader: Reader): Read<DnsExpectation> | undefined {
  const { settings, short } = shortOrMap(map, 'dns')
  const name = short ?? scalarAt(settings, 'name')?.text
  if (name === undefined) {
    if (settings === undefined || !reader.isTorn(settings))
      reader.findings.error('MISSING_KEY', settings?.origin, '"dns" has no key "name", which it needs.')
    return undefined
  }
  const type = (scalarAt(settings, 'type')?.text ?? 'A').toUpperCase()
  const rcode = (scalarAt(settings, 'rcode')?.text ?? 'NOERROR').toUpperCase()
  const answer = textsAt(settings, 'answer').map(({ text }) => text)
  const pairs = valueAt(map, 'to') === undefined ? ownServers(map, reader) : reader.pairs(map, 'dns')
  if (pairs === undefined) return undefined
  const words = `dns ${name} ${type} ${rcode === 'NOERROR' ? answer.join(', ') : rcode}`.trimEnd()
  return { what: { kind: 'dns', pairs, name, type, answer, rcode }, words }
}

/** Each node asks the first name server of its own `dns`. */
function ownServers(map: MapValue, reader: Reader): readonly Pair[] | undefined {
  const nodes = reader.askers(map, 'dns')
  const pairs = nodes?.flatMap((from): Pair[] => {
    const line = reader.topology.nodes.get(from)?.settings.dns.find((each) => each.startsWith('nameserver '))
    const text = line?.slice('nameserver '.length)
    if (text !== undefined) return [{ from, to: targetOf(text, map.origin, reader.places) }]
    reader.findings.error(
      'MISSING_KEY',
      map.origin,
      `The node "${from}" has no name server of its own (\`dns\`): say whom it asks, in \`to\`.`,
    )
    return []
  })
  return pairs?.length === nodes?.length ? pairs : undefined
}

function targetOf(text: string, origin: Origin, places: Places): Pair['to'] {
  const [asked] = places.targets([{ kind: 'scalar', value: text, text, origin, verbatim: false }])
  return { text, address: asked?.address ?? text, ...(asked?.owner !== undefined && { owner: asked.owner }) }
}

export function runOf(map: MapValue, reader: Reader): Read<RunExpectation> | undefined {
  const argv = reader.argv(valueAt(map, 'run')!)
  const [stdout, stderr] = [reader.pattern(map, 'stdout'), reader.pattern(map, 'stderr')]
  const json = [...(mapAt(map, 'json')?.entries ?? [])].flatMap(([path, entry]) =>
    entry.value.kind === 'scalar' ? [[path, entry.value.value] as const] : [],
  )
  for (const [path, { key }] of mapAt(map, 'json')?.entries ?? [])
    if (path.startsWith('$'))
      reader.findings.error('INVALID_VALUE', key, `"${path}" begins with a "$": the path begins in the value itself, e.g. [0].ifname.`)
  const nodes = reader.askers(map, 'run')
  if (nodes === undefined) return undefined
  const exit = Number(scalarAt(map, 'exit')?.value ?? 0)
  const what: RunExpectation = {
    kind: 'run',
    nodes,
    argv,
    exit,
    json,
    ...given({ stdout, stderr }),
  }
  return { what, words: `run ${argv[0] === 'sh' && argv[1] === '-c' ? argv[2]! : argv.join(' ')}` }
}
