/** Puts the user interface together: the terminal of this process, and what can be done in the lab. */
import type { WriteStream } from 'node:tty'
import { readTests, runTests } from '../check/lab-tests.ts'
import { setPower } from '../check/node-power.ts'
import type { TestResult } from '../check/result.ts'
import type { LinkSettings } from '../lab/link.ts'
import { Workbench } from '../lab/workbench.ts'
import type { WatchMessage } from '../lab/watch.ts'
import type { Palette } from '../tui/ansi.ts'
import type { CableEnd } from '../tui/links.ts'

export interface TuiSettings {
  readonly cwd: string
  readonly hasColor: boolean
  /** Opens a shell in a node, with the terminal, until it is left or the signal comes. */
  readonly shell: (node: string, signal: AbortSignal) => Promise<void>
}

/** Runs until the user leaves or a signal comes: exit status. */
export async function startTui(lab: string, { cwd, hasColor, shell }: TuiSettings): Promise<number> {
  const bench = new Workbench(lab, cwd)
  // The engine starts and reads the lab while ink is loaded, which takes as long.
  const early: WatchMessage[] = []
  let hear = (message: WatchMessage): void => void early.push(message)
  const abort = new AbortController()
  const watching = bench.watch((message) => hear(message), abort.signal)
  watching.catch(() => undefined) // heard of by whoever waits for it
  const { runTui } = await import('../tui/run.tsx')
  const watch = (listener: typeof hear, signal: AbortSignal): Promise<void> => {
    early.forEach(listener)
    hear = listener
    signal.addEventListener('abort', () => abort.abort())
    return watching
  }
  const actions = {
    watch,
    readDesired: bench.readDesired.bind(bench),
    examine: bench.examine.bind(bench),
    start: bench.start.bind(bench),
    capture: bench.capture.bind(bench),
    serviceLog: bench.serviceLog.bind(bench),
    restartService: bench.restartService.bind(bench),
    setLink: bench.setLink.bind(bench),
    impair: (end: CableEnd, settings: LinkSettings) => bench.impair(endWord(end), settings),
    resetLink: (end: CableEnd) => bench.resetLink(endWord(end)),
    setPower: (node: string, isOn: boolean) => setPower(lab, node, isOn),
    readTests: () => readTests(lab),
    runTests: (filter: string, hearResult: (result: TestResult) => void, signal: AbortSignal) => runTests(lab, filter, hearResult, signal),
    down: bench.down.bind(bench),
    saveEvents: bench.saveEvents.bind(bench),
  }
  return runTui({
    lab,
    cwd,
    actions,
    shell,
    input: process.stdin,
    output: process.stdout,
    palette: hasColor ? paletteOf(process.stdout) : 'none',
  })
}

/** As `netlab link` takes it. */
function endWord({ place, ifname }: CableEnd): string {
  return `${place}:${ifname}`
}

/** By TERM and its like, as Node knows them. */
function paletteOf(terminal: WriteStream): Palette {
  return terminal.getColorDepth() >= 8 ? 'fixed' : 'own'
}
