/** Puts the user interface together: the terminal of this process, and what can be done in the lab. Loads ink, so import it late. */
import { Workbench } from '../lab/workbench.ts'
import { runTui } from '../tui/run.tsx'

export interface TuiSettings {
  readonly cwd: string
  readonly hasColor: boolean
  /** Opens a shell in a node, with the terminal. */
  readonly shell: (node: string) => Promise<void>
}

/** Runs until the user leaves or a signal comes: exit status. */
export function startTui(lab: string, { cwd, hasColor, shell }: TuiSettings): Promise<number> {
  const bench = new Workbench(lab, cwd)
  const actions = {
    watch: bench.watch.bind(bench),
    readDesired: bench.readDesired.bind(bench),
    examine: bench.examine.bind(bench),
    start: bench.start.bind(bench),
    capture: bench.capture.bind(bench),
    setLink: bench.setLink.bind(bench),
    down: bench.down.bind(bench),
    saveEvents: bench.saveEvents.bind(bench),
    shell,
  }
  return runTui({ lab, actions, input: process.stdin, output: process.stdout, hasColor })
}
