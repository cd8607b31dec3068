/** A route that the file has as a map, in the words of `ip route add` and `ip -f mpls route add`. ip-route(8). */
import { ROUTE_METRICS } from '../state/network.ts'
import { itemsAt, scalarAt } from './value.ts'
import type { MapValue } from './value.ts'
import type { Line } from './words-or-map.ts'

export function writeRoute(map: MapValue, line: Line): void {
  const type = scalarAt(map, 'type')
  if (type !== undefined) line.word(type.text, type.origin)
  const destination = scalarAt(map, 'to')
  if (destination !== undefined) line.pair('to', map, 'to')
  writeEncap(map, line)
  for (const key of ['via', 'dev', 'metric', 'table', 'src', 'proto', 'scope', ...ROUTE_METRICS]) line.pair(key, map, key)
  writeOnlink(map, line)
  for (const item of itemsAt(map, 'nexthops')) {
    if (item.kind !== 'map') continue
    line.word('nexthop', item.origin)
    writeEncap(item, line)
    for (const key of ['via', 'dev', 'weight']) line.pair(key, item, key)
    writeOnlink(item, line)
  }
}

/** `encap: mpls 100/200` is two words. */
function writeEncap(map: MapValue, line: Line): void {
  const encap = scalarAt(map, 'encap')
  if (encap !== undefined) for (const word of ['encap', ...encap.text.trim().split(/\s+/)]) line.word(word, encap.origin)
}

function writeOnlink(map: MapValue, line: Line): void {
  const onlink = scalarAt(map, 'onlink')
  if (onlink?.value === true) line.word('onlink', onlink.origin)
}

/** Of a route by label. */
export function writeMplsRoute(map: MapValue, line: Line): void {
  line.pair('to', map, 'label')
  for (const key of ['as', 'via', 'dev']) line.pair(key, map, key)
  for (const item of itemsAt(map, 'nexthops')) {
    if (item.kind !== 'map') continue
    line.word('nexthop', item.origin)
    for (const key of ['as', 'via', 'dev']) line.pair(key, item, key)
  }
}
