// Leaving ends what runs in panes: so it is asked first.
import { expect, it } from 'vitest'
import { tuiScreen } from '../../support/tui-screen.ts'
import { watchedLab } from '../../support/watched-lab.ts'

const lab = watchedLab(['h1', 'h2'], [], [['h1:eth0', 'h2:eth0']])

it.each(['q', 'ctrl-c'])('where nothing runs %s leaves at once', (key) => {
  const screen = tuiScreen(lab, { columns: 80, rows: 24 })
  screen.press(key)
  expect(screen.hasQuit()).toBe(true)
})

it('where a command runs it is named, and the answer decides', () => {
  const screen = tuiScreen(lab, { columns: 80, rows: 24 }, { start: () => new Promise(() => undefined) })
  screen.press('!', 'sleep 9', 'enter', 'q')
  expect(screen.text()).toMatch(/Leave, and end what runs\?[^]*h1 \$ sleep 9/)
  screen.press('n')
  expect(screen.hasQuit()).toBe(false)
  screen.press('q', 'y')
  expect(screen.hasQuit()).toBe(true)
})
