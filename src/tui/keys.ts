// What keys do: to a question or a line that is typed if one is open, else by the table of bindings.
import type { Key } from 'ink'
import { BINDINGS, type Binding } from './bindings.ts'
import type { Controller, HelpOverlay, Prompt } from './controller.ts'
import { pressInForm } from './impair-form.ts'
import { keyName } from './key-name.ts'
import { PAGE } from './moves.ts'
import { editLine, setLine } from './line-editor.ts'

/** Those that do something now. */
export function activeBindings(c: Controller): Binding[] {
  return BINDINGS.filter(({ on }) => on === undefined || on(c))
}

/** Does what a key does. */
export function press(c: Controller, input: string, key: Partial<Key>): void {
  const name = keyName(input, key)
  if (c.overlay === undefined)
    activeBindings(c)
      .find(({ keys }) => keys.includes(name))
      ?.run(c)
  else if (c.overlay.kind === 'help') scrollHelp(c, c.overlay, name)
  else if (c.overlay.kind === 'question') answer(c, name)
  else if (c.overlay.kind === 'form') pressInForm(c, c.overlay, name, input)
  else edit(c, c.overlay, name, input)
  c.changed()
}

const HELP_STEPS: Readonly<Record<string, number>> = { down: 1, j: 1, up: -1, k: -1, 'page down': PAGE, ' ': PAGE, 'page up': -PAGE }

function scrollHelp(c: Controller, help: HelpOverlay, name: string): void {
  const step = HELP_STEPS[name]
  if (step === undefined) c.overlay = undefined
  else help.scroll = Math.max(0, help.scroll + step)
}

function answer(c: Controller, name: string): void {
  if (c.overlay?.kind !== 'question') return
  const chosen = c.overlay.answers.find(({ key }) => key === name)
  c.overlay = undefined // any other key means no
  chosen?.act()
}

function edit(c: Controller, prompt: Prompt, name: string, input: string): void {
  if (name === 'enter' || name === 'escape' || name === 'ctrl-c') {
    c.overlay = undefined
    if (name === 'enter') prompt.onEnter(prompt.text)
    else prompt.onEscape?.()
    return
  }
  const before = prompt.text
  if (name === 'up' || name === 'down') {
    const { history = [], historyAt } = prompt
    prompt.historyAt = Math.max(0, Math.min(history.length, historyAt + (name === 'up' ? -1 : 1)))
    setLine(prompt, history[prompt.historyAt] ?? '', Infinity)
  } else editLine(prompt, name, input)
  if (prompt.text !== before) prompt.onChange?.(prompt.text)
}
