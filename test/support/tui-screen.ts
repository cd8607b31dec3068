/** The user interface drawn as text, in a size that the test sets, by keys that it presses. */
import type { TuiActions } from '../../src/tui/actions.ts'
import { Controller } from '../../src/tui/controller.ts'
import { frameLines } from '../../src/tui/frame.ts'
import { press } from '../../src/tui/keys.ts'
import { LabModel } from '../../src/tui/model.ts'
import { lineText } from '../../src/tui/span.ts'
import { fakeActions, type WatchedLab } from './watched-lab.ts'

export interface TuiScreen {
  readonly controller: Controller
  /** Presses keys by the names that src/tui/keys.ts gives them; what is longer and no name is typed. */
  press(...keys: readonly string[]): void
  /** The screen as it is now, without its looks and without blanks at the ends of lines. */
  text(): string
  /** Whether the user has left. */
  hasQuit(): boolean
}

const SPECIAL: Readonly<Record<string, object>> = {
  down: { downArrow: true },
  up: { upArrow: true },
  left: { leftArrow: true },
  right: { rightArrow: true },
  enter: { return: true },
  escape: { escape: true },
  tab: { tab: true },
  'page down': { pageDown: true },
  'page up': { pageUp: true },
  home: { home: true },
  end: { end: true },
  backspace: { backspace: true },
}

export function tuiScreen(lab: WatchedLab, size: { columns: number; rows: number }, actions: Partial<TuiActions> = {}): TuiScreen {
  const model = new LabModel(lab.record.name, () => actions.readDesired?.())
  let hasQuit = false
  const controller = new Controller(model, fakeActions(actions), () => (hasQuit = true), '/home/me')
  for (const message of lab.messages) model.take(message)
  return {
    controller,
    press: (...keys) => {
      for (const key of keys) {
        const special = SPECIAL[key]
        if (special !== undefined) press(controller, '', special)
        else if (key.startsWith('ctrl-')) press(controller, key.slice('ctrl-'.length), { ctrl: true })
        else for (const char of key) press(controller, char, {})
      }
    },
    text: () => {
      const lines = frameLines(controller, size.columns, size.rows)
      return `${lines.map((line) => lineText(line).trimEnd()).join('\n')}\n`
    },
    hasQuit: () => hasQuit,
  }
}
