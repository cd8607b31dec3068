/** A key of an impairment as tc's words, whichever way the file writes it: a text as it is, an object in the order of the words. */
import type { ImpairmentKey } from '../state/impairment-words.ts'
import type { Parsed } from '../unit/parsed.ts'
import type { MapValue, Value } from './value.ts'
import { itemsAt, scalarAt } from './value.ts'

export function wordsOfImpairment(key: ImpairmentKey, value: Value): Parsed<string> {
  if (value.kind === 'scalar') return { value: value.text }
  if (value.kind === 'list') return { problem: 'one value is wanted, not a list' }
  switch (key) {
    case 'jitter':
      return { value: joined(text(value, 'time'), text(value, 'correlation'), pair(value, 'distribution')) }
    case 'loss':
      return lossWords(value)
    case 'slot':
      return slotWords(value)
    case 'queue':
      return queueWords(value)
    default:
      return { value: joined(text(value, 'probability'), text(value, 'correlation'), pair(value, 'gap')) }
  }
}

function lossWords(map: MapValue): Parsed<string> {
  const models = ['probability', 'gemodel', 'state'].filter((name) => map.entries.has(name))
  if (models.length !== 1) return { problem: 'one of `probability`, `gemodel` and `state` is wanted' }
  const [model = ''] = models
  if (model === 'probability') return { value: joined(text(map, 'probability'), text(map, 'correlation')) }
  return { value: joined(model, ...itemsAt(map, model).map((item) => (item.kind === 'scalar' ? item.text : ''))) }
}

function slotWords(map: MapValue): Parsed<string> {
  const bounds = [pair(map, 'packets'), pair(map, 'bytes')]
  const isDistributed = map.entries.has('distribution')
  if (isDistributed === map.entries.has('min')) return { problem: 'either `min` or `distribution`, `delay` and `jitter` are wanted' }
  const times = isDistributed ? [pair(map, 'distribution'), text(map, 'delay'), text(map, 'jitter')] : [text(map, 'min'), text(map, 'max')]
  return { value: joined(...times, ...bounds) }
}

/** A queue's parameters follow its kind; `queue: { kind: pfifo, limit: 100 }` is `pfifo limit 100`. */
function queueWords(map: MapValue): Parsed<string> {
  const names = [...map.entries.keys()].filter((name) => name !== 'kind')
  return { value: joined(text(map, 'kind'), ...names.map((name) => pair(map, name))) }
}

function text(map: MapValue, key: string): string {
  return scalarAt(map, key)?.text ?? ''
}

function pair(map: MapValue, key: string): string {
  const value = text(map, key)
  return value === '' ? '' : `${key} ${value}`
}

function joined(...words: readonly string[]): string {
  return words.filter((word) => word !== '').join(' ')
}
