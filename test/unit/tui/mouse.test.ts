// What the mouse does, where it does it.
import { expect, it } from 'vitest'
import { mousePress } from '../../../src/tui/mouse.ts'
import { tuiScreen, type TuiScreen } from '../../support/tui-screen.ts'
import { setDown, watchedLab } from '../../support/watched-lab.ts'

const lab = watchedLab(['h1', 'h2', 'h3'], ['lan'], [['h1:eth0', 'lan'], ['h2:eth0', 'lan'], ['h3:eth0', 'lan']]) // prettier-ignore

/** Clicks the first place where the screen has these words. */
function click(screen: TuiScreen, words: string): void {
  const lines = screen.text().split('\n')
  const row = lines.findIndex((line) => line.includes(words))
  mousePress(screen.controller, { kind: 'press', column: lines[row]!.indexOf(words), row })
}

it.each([
  [80, 24],
  [200, 60],
])('at %i×%i a click selects a row, one more opens it, and the names of views are there to be clicked', (columns, rows) => {
  const screen = tuiScreen(lab, { columns, rows })
  click(screen, 'h2  ')
  expect(screen.controller.node?.name).toBe('h2')
  click(screen, 'h3:eth0')
  expect(screen.controller.panel).toBe('links')
  expect(screen.controller.cable?.key).toBe('h3/eth0')
  click(screen, 'h3:eth0')
  expect(screen.text()).toContain('── link h3:eth0 — lan')
  click(screen, '2 Map')
  expect(screen.controller.view).toBe('map')
})

it.each([
  [80, 24],
  [120, 40],
])('at %i×%i a click on an event leads to the events, and there to its node', (columns, rows) => {
  const screen = tuiScreen(lab, { columns, rows })
  screen.controller.model.take(setDown(lab, 'h2:eth0', '>h2:eth0'))
  click(screen, 'eth0 set down')
  expect(screen.controller.view).toBe('events')
  click(screen, 'eth0 set down')
  expect(screen.text()).toContain('── host h2')
})

it('a click on a box of the map selects the node where lists are, and opens it where they are not', () => {
  const screen = tuiScreen(lab, { columns: 120, rows: 50 })
  click(screen, '│ h3 │')
  expect(screen.controller.node?.name).toBe('h3')
  click(screen, '2 Map')
  click(screen, '│ h1 │')
  expect(screen.text()).toContain('── host h1')
})

it('a click on a key of the footer presses it, and the answers of a question can be clicked', () => {
  const screen = tuiScreen(lab, { columns: 80, rows: 24 })
  click(screen, 'p stop')
  click(screen, 'yes, stop it')
  expect(screen.controller.overlay).toBeUndefined()
  click(screen, 'p stop')
  mousePress(screen.controller, { kind: 'wheel down', column: 5, row: 5 })
  expect(screen.text()).toContain('Stop h1?')
  click(screen, 'no, leave it')
  expect(screen.controller.overlay).toBeUndefined()
  click(screen, '? help')
  click(screen, 'Keys')
  expect(screen.text()).toContain('── Nodes 4')
})

it('a click on a field of the form goes there, and on the direction turns it', () => {
  const screen = tuiScreen(lab, { columns: 80, rows: 24 })
  screen.press('tab', 'i')
  click(screen, 'loss')
  screen.press('7%')
  expect(screen.text()).toMatch(/loss +7%/)
  click(screen, 'direction')
  expect(screen.text()).toContain('h1:eth0 ⇄ lan')
  click(screen, 'direction')
  expect(screen.text()).toContain('h1:eth0 → lan')
})

it('the wheel scrolls what is in front', () => {
  const screen = tuiScreen(lab, { columns: 80, rows: 24 })
  mousePress(screen.controller, { kind: 'wheel down', column: 5, row: 5 })
  expect(screen.controller.node?.name).toBe('lan')
  mousePress(screen.controller, { kind: 'wheel up', column: 5, row: 5 })
  expect(screen.controller.node?.name).toBe('h1')
})

it('a click selects a test, also where the list is scrolled', async () => {
  const screen = tuiScreen(lab, { columns: 80, rows: 24 })
  screen.controller.tests.entries = Array.from({ length: 40 }, (_, index) => ({ name: `test ${index}.`, state: 'idle' }))
  screen.controller.view = 'tests'
  screen.text()
  click(screen, 'test 3.')
  expect(screen.controller.tests.selected?.name).toBe('test 3.')
  screen.controller.tests.move(30)
  screen.text()
  click(screen, 'test 35.')
  expect(screen.controller.tests.selected?.name).toBe('test 35.')
})
