// Whatever ends the user interface, the terminal is as it was before; and what is typed reaches it.
import { EventEmitter } from 'node:events'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { TuiActions } from '../../../src/tui/actions.ts'
import { runTui, type TuiOptions } from '../../../src/tui/run.tsx'
import { fakeActions, watchedLab } from '../../support/watched-lab.ts'

const lab = watchedLab(['h1', 'h2', 'h3'], [], [['h1:eth0', 'h2:eth0']])

class FakeInput extends EventEmitter {
  isRaw = false
  setRawMode(isRaw: boolean): void {
    this.isRaw = isRaw
  }
  setEncoding(): void {}
  resume(): void {}
  pause(): void {}
}

interface Started {
  readonly status: Promise<number>
  readonly input: FakeInput
  /** All that the terminal got. */
  written(): string
  type(text: string): void
  /** From now on nothing can be drawn. */
  break(): void
}

/** Starts it on a terminal of 80×24 and waits for its first picture. */
async function start({
  shell = () => Promise.resolve(),
  ...actions
}: Partial<Omit<TuiActions, 'shell'>> & { shell?: TuiOptions['shell'] } = {}): Promise<Started> {
  const input = new FakeInput()
  const written: string[] = []
  let isBroken = false
  class FakeOutput extends EventEmitter {
    readonly rows = 24
    get columns(): number {
      if (isBroken) throw new Error('no columns')
      return 80
    }
    write(text: string): void {
      written.push(text)
    }
  }
  const watch: TuiActions['watch'] = (hear, signal) => {
    lab.messages.forEach(hear)
    return new Promise((resolve) => signal.addEventListener('abort', () => resolve()))
  }
  const status = runTui({
    lab: 'dmz',
    cwd: '/',
    actions: fakeActions({ watch, ...actions }),
    shell,
    input,
    output: new FakeOutput(),
    palette: 'own',
  })
  status.catch(() => undefined) // looked at by the test
  await vi.waitFor(() => expect(written.join('')).toContain('netlab dmz'))
  return { status, input, written: () => written.join(''), type: (text) => void input.emit('data', text), break: () => (isBroken = true) }
}

function expectRestored({ input, written }: Started): void {
  const [, after] = written().split('\u001b[?1049l') as [string, string | undefined]
  expect(after).toBe('') // the alternate screen is left, and nothing comes after
  expect(written()).toMatch(/\u001b\[\?25h[^]*\u001b\[\?1049l$/)
  expect(input.isRaw).toBe(false)
  expect(input.listenerCount('data')).toBe(0)
}

afterEach(() => expect(process.listenerCount('SIGHUP')).toBe(0))

describe('the terminal is given back', () => {
  it('when the user leaves', async () => {
    const tui = await start()
    tui.type('q')
    expect(await tui.status).toBe(0)
    expectRestored(tui)
  })

  it('when the watch fails', async () => {
    let fail: (error: Error) => void = () => undefined
    const tui = await start({ watch: () => new Promise((_, reject) => (fail = reject)) })
    fail(new Error('no more'))
    await expect(tui.status).rejects.toThrow('no more')
    expectRestored(tui)
  })

  it('when a frame cannot be drawn', async () => {
    const tui = await start()
    tui.break()
    tui.type('j')
    await expect(tui.status).rejects.toThrow('no columns')
    expectRestored(tui)
  })

  it('when the terminal is closed', async () => {
    const tui = await start()
    process.emit('SIGHUP', 'SIGHUP')
    expect(await tui.status).toBe(129)
    expectRestored(tui)
  })
})

it('keys that come at once are keys one by one', async () => {
  const shell = vi.fn((_node: string) => Promise.resolve())
  const tui = await start({ shell })
  tui.type('jj')
  tui.type('\u001b[A') // up
  tui.type('s')
  await vi.waitFor(() => expect(shell).toHaveBeenCalledWith('h2', expect.anything()))
  tui.type('q')
  expect(await tui.status).toBe(0)
})

it('a shell has the terminal to itself', async () => {
  let leave: () => void = () => undefined
  const shell = vi.fn((_node: string) => new Promise<void>((resolve) => (leave = resolve)))
  const tui = await start({ shell })
  tui.type('s')
  await vi.waitFor(() => expect(shell).toHaveBeenCalledWith('h1', expect.anything()))
  expectRestored(tui)
  leave()
  await vi.waitFor(() => expect(tui.input.isRaw).toBe(true))
  expect(tui.written().split('\u001b[?1049h')).toHaveLength(3)
  tui.type('q')
  expect(await tui.status).toBe(0)
})

it('what ends it hangs up the shell that is open, and waits for it to give the terminal back', async () => {
  let leave: () => void = () => undefined
  const hungUp = vi.fn()
  const shell = (_node: string, signal: AbortSignal): Promise<void> => {
    signal.addEventListener('abort', hungUp)
    return new Promise((resolve) => (leave = resolve))
  }
  const tui = await start({ shell })
  tui.type('s')
  await vi.waitFor(() => expectRestored(tui))
  process.emit('SIGTERM', 'SIGTERM')
  await vi.waitFor(() => expect(hungUp).toHaveBeenCalled())
  const ended = vi.fn()
  void tui.status.then(ended)
  await new Promise(setImmediate)
  expect(ended).not.toHaveBeenCalled()
  leave()
  expect(await tui.status).toBe(143)
  expectRestored(tui)
})
