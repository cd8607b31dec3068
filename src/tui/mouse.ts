// What a click or the wheel means, from where it was.
import type { Controller } from './controller.ts'
import { press } from './keys.ts'
import type { MouseEvent } from './keyboard.ts'

const WHEEL_ROWS = 3

/** The wheel scrolls what is in front; a click does what the last frame has put there. */
export function mousePress(controller: Controller, { kind, column, row }: MouseEvent): void {
  const { overlay, areas } = controller
  if (kind !== 'press') {
    if (overlay?.kind === 'question') return // a key that is no answer would close it
    for (let step = 0; step < WHEEL_ROWS; step++) press(controller, '', kind === 'wheel up' ? { upArrow: true } : { downArrow: true })
    return
  }
  if (overlay?.kind === 'prompt') return
  const area = areas.find(({ left, top, width, height }) => column >= left && column < left + width && row >= top && row < top + height)
  area?.press(row - area.top, column - area.left)
  controller.changed()
}
