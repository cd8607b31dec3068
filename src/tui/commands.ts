// Commands that were started in nodes, each with a pane of its own: what it says, how it ended.
import { stripVTControlCharacters } from 'node:util'
import type { RunningCommand } from '../lab/start-command.ts'

/** What is older can no longer be scrolled to. */
const MAX_LINES = 5000

export interface PaneLine {
  readonly text: string
  readonly isError: boolean
}

export class CommandPane {
  readonly node: string
  readonly line: string
  readonly startedAtMs = Date.now()
  readonly lines: PaneLine[] = []
  endedAtMs: number | undefined
  status: number | undefined
  /** Lines from the end that are scrolled away. */
  scroll = 0
  running: RunningCommand | undefined
  /** Does the same once more, in a new pane. */
  again: () => void = () => undefined
  readonly #partial = { out: '', err: '' }

  constructor(node: string, line: string) {
    this.node = node
    this.line = line
  }

  get isRunning(): boolean {
    return this.status === undefined
  }

  /** Takes output in: whole lines are kept, the rest waits. */
  take(text: string, isError: boolean): void {
    const stream = isError ? 'err' : 'out'
    const lines = (this.#partial[stream] + text).split('\n')
    this.#partial[stream] = lines.pop() ?? ''
    this.#keep(lines, isError)
  }

  end(status: number): void {
    this.#keep(this.#partial.out === '' ? [] : [this.#partial.out], false)
    this.#keep(this.#partial.err === '' ? [] : [this.#partial.err], true)
    this.status = status
    this.endedAtMs = Date.now()
  }

  #keep(lines: readonly string[], isError: boolean): void {
    for (const line of lines) this.lines.push({ text: shownText(line), isError })
    // Who has scrolled back goes on seeing the same lines.
    if (this.scroll > 0) this.scroll += lines.length
    this.lines.splice(0, Math.max(0, this.lines.length - MAX_LINES))
    this.scroll = Math.min(this.scroll, Math.max(0, this.lines.length - 1))
  }
}

/** A line as a terminal would leave it: without colours, what was written over left out, tabs as blanks. */
function shownText(line: string): string {
  const written = stripVTControlCharacters(line).replace(/\r$/, '')
  return written.slice(written.lastIndexOf('\r') + 1).replaceAll('\t', '        ')
}
