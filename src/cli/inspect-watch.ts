/** `netlab inspect --watch`: on a terminal one picture that is drawn over, elsewhere a new text when something has changed. */
import type { InspectedNamespace, Inspection } from '../lab/inspect.ts'
import { Interrupted, type Context } from './context.ts'
import { EXIT_DONE } from './exit-code.ts'
import { inspectionJson } from '../lab/inspect-json.ts'
import { inspectionText } from './inspect-text.ts'

// xterm control sequences: the alternate screen, the cursor's home, and erasing to the end of the line or of the screen.
const ENTER_SCREEN = '\u001b[?1049h'
const LEAVE_SCREEN = '\u001b[?1049l'
const HOME = '\u001b[H'
const ERASE_LINE = '\u001b[K'
const ERASE_BELOW = '\u001b[J'

/** Until Ctrl-C, or until the lab is down. */
export async function watchInspection(
  context: Context,
  lab: string,
  shownOf: (inspection: Inspection) => readonly InspectedNamespace[],
  asJson: boolean,
): Promise<number> {
  const { stdout, library } = context
  const isInPlace = stdout.isTerminal && !asJson
  let shown = ''
  const show = async (inspection: Inspection): Promise<void> => {
    const namespaces = shownOf(inspection)
    if (isInPlace) {
      const lines = (await inspectionText(inspection, namespaces, context)).split('\n').slice(0, stdout.rows - 1)
      stdout.write(`${HOME}${lines.map((line) => `${line}${ERASE_LINE}`).join('\n')}${ERASE_BELOW}`)
      return
    }
    const state = JSON.stringify(namespaces, withoutCounters)
    if (state === shown) return
    shown = state
    if (asJson) stdout.write(`${JSON.stringify(inspectionJson(inspection, namespaces))}\n`)
    else stdout.write(`${await inspectionText(inspection, namespaces, context)}\n`)
  }
  if (isInPlace) stdout.write(ENTER_SCREEN)
  try {
    await context.interruptible(async (signal) => {
      await library.inspectRepeatedly(lab, (inspection) => void show(inspection), signal)
      signal.throwIfAborted()
    })
  } catch (error) {
    // Ctrl-C is how one leaves: nothing was begun that had to be undone.
    if (error instanceof Interrupted) return error.exitCode
    throw error
  } finally {
    if (isInPlace) stdout.write(LEAVE_SCREEN)
  }
  return EXIT_DONE
}

/** For JSON.stringify: maps as lists, and of what a link has counted nothing. */
function withoutCounters(key: string, value: unknown): unknown {
  if (/^[rt]x[A-Z]/.test(key)) return undefined
  return value instanceof Map ? [...(value as Map<string, unknown>)] : value
}
