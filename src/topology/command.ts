/** Commands and their environment, as `setup`, `services` and `env` have them. */
import type { Findings } from './findings.ts'
import { asScalar } from './value.ts'
import type { MapValue, Value } from './value.ts'

/** A text is for `sh -c`, a list of words is run as it is. */
export function argvOf(value: Value): string[] {
  return value.kind === 'list' ? value.items.map((word) => asScalar(word).text) : ['sh', '-c', asScalar(value).text]
}

export function readEnv(map: MapValue | undefined, findings: Findings): Record<string, string> {
  const env: Record<string, string> = {}
  for (const [key, entry] of map?.entries ?? []) {
    const { text } = asScalar(entry.value)
    if (/^[A-Za-z_]\w*$/.test(key) && !text.includes('\0')) env[key] = text
    else findings.error('INVALID_VALUE', entry.key, `"${key}" cannot be an environment variable: letters, digits and "_" are accepted.`)
  }
  return env
}
