// The user interface from its first frame to its last. Whatever ends it, the terminal is as it was before.
import { constants } from 'node:os'
import { Writable } from 'node:stream'
import { render } from 'ink'
import type { TuiActions } from './actions.ts'
import { ansiLine, type Palette } from './ansi.ts'
import { App } from './App.tsx'
import { Controller } from './controller.ts'
import { frameLines } from './frame.ts'
import { Keyboard, type MouseEvent, type TerminalInput } from './keyboard.ts'
import { mousePress } from './mouse.ts'
import { LabModel } from './model.ts'
import { Screen, type Terminal } from './screen.ts'

export interface TuiOptions {
  readonly lab: string
  /** Paths are shown from here. */
  readonly cwd: string
  readonly actions: Omit<TuiActions, 'shell'>
  /** Opens a shell in a node, with the terminal, which is free; resolves when it is left. The signal ends it. */
  readonly shell: (node: string, signal: AbortSignal) => Promise<void>
  readonly input: TerminalInput
  readonly output: Terminal & { on(event: 'resize', listener: () => void): unknown; off(event: 'resize', listener: () => void): unknown }
  readonly palette: Palette
}

/** How often what the detail asks is asked. */
const TICK_MS = 1000

const SIGNALS = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const

/** Runs until the user leaves or a signal comes: exit status. Errors: what `actions.watch` rejects with. */
export async function runTui({ lab, cwd, actions, shell: openShell, input, output, palette }: TuiOptions): Promise<number> {
  const screen = new Screen(output)
  const keyboard = new Keyboard(input)
  const model = new LabModel(lab, () => actions.readDesired())
  const abort = new AbortController()
  let end!: { resolve: (status: number) => void; reject: (error: unknown) => void }
  const ended = new Promise<number>((resolve, reject) => (end = { resolve, reject }))
  let inShell: Promise<void> | undefined
  const shell = async (node: string): Promise<void> => {
    keyboard.close()
    screen.leave()
    inShell = openShell(node, abort.signal)
    try {
      await inShell
    } finally {
      if (!abort.signal.aborted) {
        keyboard.open()
        screen.enter()
        process.kill(process.pid, 'SIGWINCH') // of a size that has changed meanwhile the shell alone was told
      }
    }
  }
  const controller = new Controller(model, { ...actions, shell }, () => end.resolve(0), cwd)
  const restore = (): void => {
    keyboard.close()
    screen.leave()
  }
  const onResize = (): void => {
    screen.resized()
    model.changed()
  }
  const onSignal = (signal: NodeJS.Signals): void => end.resolve(128 + constants.signals[signal])
  keyboard.onMouse = (event: MouseEvent) => mousePress(controller, event)
  process.on('exit', restore)
  const onBug = (error: Error): void => end.reject(error)
  process.on('uncaughtException', onBug)
  for (const signal of SIGNALS) process.on(signal, onSignal)
  output.on('resize', onResize)
  let shownMinute = new Date().getMinutes()
  const tick = setInterval(() => {
    controller.examine().catch(() => undefined) // the lab went down meanwhile, which the watch tells
    const minute = new Date().getMinutes()
    // What time alone changes: how long a command runs, and the clock.
    if (minute !== shownMinute || controller.panes.some(({ isRunning }) => isRunning)) model.changedByItself()
    shownMinute = minute
  }, TICK_MS)
  screen.enter()
  keyboard.open()
  const draw = (): void => {
    screen.draw(frameLines(controller, output.columns, output.rows).map((line) => ansiLine(line, palette)))
  }
  const drawn = render(<App controller={controller} draw={draw} />, {
    stdout: nowhere(),
    stdin: keyboard.keys,
    exitOnCtrlC: false,
    patchConsole: false,
  })
  drawn.waitUntilExit().then(() => end.resolve(0), onBug)
  const watching = actions.watch((message) => model.take(message), abort.signal)
  watching.catch(onBug)
  try {
    return await ended
  } finally {
    controller.close()
    restore()
    clearInterval(tick)
    drawn.unmount()
    abort.abort()
    await inShell?.catch(() => undefined) // it has the terminal until then; who opened it has heard what went wrong
    output.off('resize', onResize)
    for (const signal of SIGNALS) process.off(signal, onSignal)
    process.off('exit', restore)
    process.off('uncaughtException', onBug)
    await watching.catch(() => undefined)
  }
}

/** Where ink writes: nothing, but for a cursor that it hides and shows, which is the screen's affair. */
function nowhere(): NodeJS.WriteStream {
  return new Writable({ write: (_chunk, _encoding, done) => done() }) as unknown as NodeJS.WriteStream
}
