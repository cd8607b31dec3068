// What a click or the wheel means, from where it was.
import { VIEWS, type Controller } from './controller.ts'
import { HEADER_HEIGHT, viewTabs } from './header.ts'
import { press } from './keys.ts'
import type { MouseEvent } from './keyboard.ts'
import { lineWidth } from './span.ts'

const WHEEL_ROWS = 3
/** Row of the names of the views. */
const TAB_ROW = 1

/** The wheel scrolls what is in front; a click on the name of a view goes there, one on a row selects it, one more opens it. */
export function mousePress(controller: Controller, { kind, column, row }: MouseEvent): void {
  if (kind !== 'press') {
    for (let step = 0; step < WHEEL_ROWS; step++) press(controller, '', kind === 'wheel up' ? { upArrow: true } : { downArrow: true })
  } else if (controller.overlay !== undefined) return
  else if (row === TAB_ROW) clickTab(controller, column)
  else if (controller.view === 'tests' && controller.detail === undefined) clickTest(controller, row)
  else clickRow(controller, column, row)
  controller.changed()
}

function clickTab(controller: Controller, column: number): void {
  let end = 0
  for (const [index, tab] of viewTabs(controller).entries()) {
    end += lineWidth(tab)
    if (column >= end) continue
    controller.view = VIEWS[index]!
    controller.detail = undefined
    return
  }
}

function clickTest({ tests }: Controller, row: number): void {
  const at = row - HEADER_HEIGHT - 1 // below the title of the list
  if (at >= 0 && at < tests.drawn.count) tests.move(tests.drawn.start + at - tests.index)
}

function clickRow(controller: Controller, column: number, row: number): void {
  if (controller.view !== 'overview' || controller.detail !== undefined) return
  for (const { panel, left, top, width, keys } of controller.areas) {
    const key = keys[row - top]
    if (key === undefined || column < left || column >= left + width) continue
    const isSecond = controller.panel === panel && controller.lists[panel].selected === key
    controller.panel = panel
    controller.setList(panel, { selected: key })
    if (isSecond) press(controller, '', { return: true })
    return
  }
}
