/** Values of a JSON document by their paths. */

/** A step of `[0].addr_info[1].local` or `peers[10.0.0.2].state`: brackets hold names with dots, too, with quotes or without. */
const STEP = /\[(["']?)(.*?)\1\]|[^.[\]]+/g
const SHOWN_NAMES = 8

/** What is there instead of the value: another one, or the names where the path ends early. */
export function mismatchAt(root: unknown, path: string, wanted: unknown): string | undefined {
  let [value, way] = [root, '']
  for (const [step, , bracketed = step] of path.matchAll(STEP)) {
    const names = typeof value === 'object' && value !== null ? Object.keys(value) : []
    if (!names.includes(bracketed)) return `${way === '' ? 'the output' : way} has no ${bracketed}: ${namesIn(value, names)}`
    value = (value as Record<string, unknown>)[bracketed]
    way += step.startsWith('[') || way === '' ? step : `.${step}`
  }
  return value === wanted ? undefined : JSON.stringify(value)
}

function namesIn(value: unknown, names: readonly string[]): string {
  if (names.length === 0) return `it is ${JSON.stringify(value)}`
  if (Array.isArray(value)) return `it is a list of ${names.length}`
  return `it has ${names.slice(0, SHOWN_NAMES).join(', ')}${names.length > SHOWN_NAMES ? ` and ${names.length - SHOWN_NAMES} more` : ''}`
}
