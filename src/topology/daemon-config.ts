/** The text of a routing daemon's configuration, whose lines a tool may complain of. */
import type { Origin } from '../diagnostic/origin.ts'
import { lineOrigin } from './value.ts'
import type { ScalarValue } from './value.ts'

export interface DaemonConfig {
  readonly tool: 'frr' | 'bird'
  readonly text: string
  /** Of each line. */
  readonly lineOrigins: readonly Origin[]
  readonly origin: Origin
}

/** Texts one after the other, each ending with a newline. */
export function daemonConfig(tool: DaemonConfig['tool'], parts: readonly ScalarValue[], origin: Origin): DaemonConfig {
  const texts = parts.map(({ text }) => (text === '' || text.endsWith('\n') ? text : `${text}\n`))
  const lineOrigins = parts.flatMap((part, index) =>
    (texts[index] ?? '')
      .split('\n')
      .slice(0, -1)
      .map((line, number) => lineOrigin(part, number, line)),
  )
  return { tool, text: texts.join(''), lineOrigins, origin }
}
