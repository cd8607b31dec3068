// The terminal gets what differs and nothing more, and is given back as it was.
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { Keyboard, type TerminalInput } from '../../../src/tui/keyboard.ts'
import { CommandPane } from '../../../src/tui/commands.ts'
import { Screen } from '../../../src/tui/screen.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

function screen(): { screen: Screen; written: string[] } {
  const written: string[] = []
  const made = new Screen({ columns: 20, rows: 3, write: (text) => written.push(text) })
  made.enter()
  written.length = 0
  return { screen: made, written }
}

it('of a frame only the lines that differ are written', () => {
  const { screen: made, written } = screen()
  vi.advanceTimersByTime(100)
  made.draw(['one', 'two', 'three'])
  vi.advanceTimersByTime(100)
  written.length = 0
  made.draw(['one', 'TWO', 'three'])
  vi.advanceTimersByTime(100)
  expect(written.join('')).toContain('TWO')
  expect(written.join('')).not.toMatch(/one|three/)
})

it('a frame that is the same writes nothing', () => {
  const { screen: made, written } = screen()
  made.draw(['one'])
  vi.advanceTimersByTime(100)
  written.length = 0
  made.draw(['one'])
  vi.advanceTimersByTime(100)
  expect(written).toEqual([])
})

it('at most twenty frames a second are written, the last of them always', () => {
  const { screen: made, written } = screen()
  for (let frame = 0; frame < 200; frame++) {
    made.draw([`frame ${frame}`])
    vi.advanceTimersByTime(5)
  }
  vi.advanceTimersByTime(100)
  expect(written.length).toBeLessThanOrEqual(21)
  expect(written.at(-1)).toContain('frame 199')
})

it('after a change of size every line is written again', () => {
  const { screen: made, written } = screen()
  made.draw(['one', 'two'])
  vi.advanceTimersByTime(100)
  made.resized()
  written.length = 0
  made.draw(['one', 'two'])
  vi.advanceTimersByTime(100)
  expect(written.join('')).toMatch(/one.*two/s)
})

it('what was switched on is switched off, once', () => {
  const written: string[] = []
  const made = new Screen({ columns: 20, rows: 3, write: (text) => written.push(text) })
  made.enter()

  const modes = [...written.join('').matchAll(/\u001b\[\?(\d+)([hl])/g)].filter(([, mode]) => mode !== '2026')
  expect(modes.length).toBeGreaterThan(3)
  written.length = 0
  made.leave()
  made.leave()
  for (const [, mode, way] of modes) expect(written.join('').split(`\u001b[?${mode}${way === 'h' ? 'l' : 'h'}`)).toHaveLength(2)
})

it('reports of the mouse are taken out of what is typed', () => {
  let hear = (_text: string): void => undefined
  const input: TerminalInput = {
    setEncoding: () => undefined,
    on: (_event, listener) => void (hear = listener),
    off: () => undefined,
    resume: () => undefined,
    pause: () => undefined,
  }
  const keyboard = new Keyboard(input)
  const events: object[] = []
  keyboard.onMouse = (event) => events.push(event)
  keyboard.open()
  hear('a\u001b[<0;5;3Mb\u001b[<0;5;3m\u001b[<65;1;1M')
  expect(keyboard.keys.read()?.toString()).toBe('ab')
  expect(events).toEqual([
    { kind: 'press', column: 4, row: 2 },
    { kind: 'wheel down', column: 0, row: 0 },
  ])
})

it('a terminal that is gone is no mistake when it is given back', () => {
  const keyboard = new Keyboard({
    setRawMode: (isRaw) => {
      if (!isRaw) throw new Error('EIO')
    },
    setEncoding: () => undefined,
    on: () => undefined,
    off: () => undefined,
    resume: () => undefined,
    pause: () => undefined,
  })
  keyboard.open()
  keyboard.close()
})

it('a pane keeps whole lines, without what the terminal would not show', () => {
  const pane = new CommandPane('h1', 'ping h2')
  pane.take('begun\nhalf', false)
  expect(pane.lines.map(({ text }) => text)).toEqual(['begun'])
  pane.take(' done\n10 %\r20 %\n\u001b[31mred\u001b[0m\r\n', false)
  expect(pane.lines.map(({ text }) => text)).toEqual(['begun', 'half done', '20 %', 'red'])
  pane.take('last', true)
  pane.end(1)
  expect(pane.lines.at(-1)).toEqual({ text: 'last', isError: true })
})
