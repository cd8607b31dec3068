import type { Controller } from './controller.ts'
import type { Binding } from './bindings.ts'
import { activeBindings } from './keys.ts'
import { lineWidth, type Line, type Span } from './span.ts'

/** What has just happened, or the keys that are useful here; a line that is typed stands in their place. */
export function footerLine(controller: Controller, width: number): Line {
  const { overlay, message } = controller
  if (overlay?.kind === 'prompt') {
    const { label, text, cursor } = overlay
    // What does not fit is left out at the start: one looks at the cursor.
    const room = Math.max(10, width - label.length - 2)
    const start = Math.max(0, cursor - room + 1)
    return [
      { text: label, bold: true, color: 'cyan' },
      { text: text.slice(start, cursor) },
      { text: text[cursor] ?? ' ', inverse: true },
      { text: text.slice(cursor + 1, start + room) },
    ]
  }
  if (message !== undefined) return [{ text: ` ${message.text}`, bold: true, ...(message.color !== undefined && { color: message.color }) }]
  // The question, form or help in front says which keys it takes.
  return overlay === undefined ? keyHints(controller, width).flatMap(({ line }) => line) : []
}

interface KeyHint {
  readonly line: Line
  readonly binding: Binding
}

/** As many keys as fit; the last ones, help and the way out, always. */
export function keyHints(controller: Controller, width: number): KeyHint[] {
  const all = activeBindings(controller).flatMap((binding): KeyHint[] => {
    const { keys, short } = binding
    return short === undefined ? [] : [{ line: keyHint(keys[0]!, typeof short === 'string' ? short : short(controller)), binding }]
  })
  const last = all.splice(-2)
  const shown: KeyHint[] = []
  for (const hint of all) if (lineWidth([...shown, hint, ...last].flatMap(({ line }) => line)) <= width) shown.push(hint)
  return [...shown, ...last]
}

function keyHint(key: string, words: string): Span[] {
  const shown = { enter: 'Enter', escape: 'Esc', tab: 'Tab', 'ctrl-c': '^C' }[key] ?? key
  return [{ text: ` ${shown}`, bold: true, color: 'cyan' }, { text: ` ${words} ` }]
}
