/** One line on stderr that is written over and over while the work goes on; nothing where stderr is no terminal. */
import type { Context } from './context.ts'
import type { UpEvent } from '../lab/up-options.ts'

/** Ten pictures a second are as many as an eye follows; more would only cost time. */
const REDRAW_MS = 100

const CLEAR_LINE = '\r\u001b[K'

export interface Progress {
  readonly onEvent: (event: UpEvent) => void
  /** Takes the line away. */
  clear(): void
}

export function progressLine(context: Context, lab: string, now: () => number = Date.now): Progress {
  const { stderr } = context
  let drawnAt = -Infinity
  let stage = ''
  const draw = (text: string): void => {
    drawnAt = now()
    stderr.write(`${CLEAR_LINE}${text.slice(0, stderr.columns - 1)}`)
  }
  return {
    onEvent(event) {
      if (!stderr.isTerminal || event.type === 'done') return
      if (event.type === 'stage') {
        stage = event.stage
        draw(`${lab}: ${stage}`)
      } else if (now() - drawnAt >= REDRAW_MS) {
        draw(`${lab}: ${stage} ${event.done}/${event.total}`)
      }
    },
    clear() {
      if (drawnAt > 0) stderr.write(CLEAR_LINE)
    },
  }
}
