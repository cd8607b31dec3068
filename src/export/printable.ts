import { visible } from '../diagnostic/picture.ts'

/**
 * The same with every text made safe to show: a name may come from a kernel in which anybody may have named a link. Line ends stay.
 * What is markup in a format, the format escapes itself.
 */
export function printable<Value>(value: Value): Value {
  if (typeof value === 'string') return value.split('\n').map(visible).join('\n') as Value
  if (Array.isArray(value)) return value.map(printable) as Value
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [printable(key), printable(part as unknown)])) as Value
}
