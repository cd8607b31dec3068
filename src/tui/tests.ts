// The tests of the lab's file as they stand: which there are, which run, what came of them.
import { testText } from '../check/report/text.ts'
import type { TestResult } from '../check/result.ts'

/** What is said of the tests while they are read and run. */
export interface TestRunner {
  /** Names of the tests of the lab's file, and its texts, of which reports quote lines. Errors: the findings of a file that is wrong. */
  readTests(): Promise<{ readonly names: readonly string[]; readonly sources: ReadonlyMap<string, string> }>
  /** Runs those whose name has `filter` in it, in the lab as it stands. `hear` is told each when it is done. Errors: as `readTests`. */
  runTests(filter: string, hear: (result: TestResult) => void, signal: AbortSignal): Promise<void>
}

export interface TestEntry {
  readonly name: string
  result?: TestResult
  state: 'waiting' | 'running' | 'idle'
}

export class TestBoard {
  entries: TestEntry[] = []
  index = 0
  /** Lines that the words of the one in front are scrolled by. */
  scroll = 0
  state: 'unread' | 'reading' | 'idle' | 'running' = 'unread'
  #abort: AbortController | undefined
  #reading: Promise<void> | undefined
  readonly #runner: TestRunner
  #sources: ReadonlyMap<string, string> = new Map()

  constructor(runner: TestRunner) {
    this.#runner = runner
  }

  get selected(): TestEntry | undefined {
    return this.entries[this.index]
  }

  count(status: 'passed' | 'failed' | 'left'): number {
    return this.entries.filter(({ result }) => statusOf(result) === status).length
  }

  move(rows: number): void {
    this.index = Math.max(0, Math.min(this.entries.length - 1, this.index + rows))
    this.scroll = 0
  }

  /** Reads which tests there are; results of those that stay are kept. */
  async read(): Promise<void> {
    if (this.state === 'running') return
    this.state = 'reading'
    this.#reading ??= this.#read().finally(() => {
      this.state = 'idle'
      this.#reading = undefined
    })
    await this.#reading
  }

  async #read(): Promise<void> {
    const before = new Map(this.entries.map((entry) => [entry.name, entry]))
    const { names, sources } = await this.#runner.readTests()
    this.#sources = sources
    this.entries = names.map((name) => before.get(name) ?? { name, state: 'idle' })
    this.move(0)
  }

  /** Runs all, or one, of the file as it is now; `changed` hears of each that is done. What went wrong comes as an error. */
  async run(name: string | undefined, changed: () => void): Promise<void> {
    if (this.state === 'running') return
    await this.read()
    if (this.#isRunning()) return // by another key, meanwhile
    const filter = name ?? ''
    const chosen = this.entries.filter((entry) => entry.name.includes(filter))
    for (const entry of chosen) {
      delete entry.result
      entry.state = 'waiting'
    }
    if (chosen[0] !== undefined) chosen[0].state = 'running'
    this.state = 'running'
    const abort = (this.#abort = new AbortController())
    changed()
    const hear = (result: TestResult): void => {
      const at = chosen.findIndex((entry) => entry.state === 'running')
      if (chosen[at]?.name === result.name) Object.assign(chosen[at], { result, state: 'idle' })
      if (chosen[at + 1] !== undefined) chosen[at + 1]!.state = 'running'
      changed()
    }
    try {
      await this.#runner.runTests(filter, hear, abort.signal)
    } finally {
      for (const entry of chosen) entry.state = 'idle'
      this.state = 'idle'
      changed()
    }
  }

  #isRunning(): boolean {
    return this.state === 'running'
  }

  /** Stops after the test that runs. */
  stop(): void {
    this.#abort?.abort()
  }

  /** What the report says of the test in front. */
  words(width: number, cwd: string): string[] {
    const { selected } = this
    if (selected?.result === undefined) return []
    return testText(selected.result, this.#sources, { color: false, width, cwd }).trimEnd().split('\n')
  }
}

export function statusOf(result: TestResult | undefined): 'passed' | 'failed' | 'left' {
  if (result === undefined || result.status === 'skipped') return 'left'
  return result.status === 'passed' ? 'passed' : 'failed'
}
