// The terminal: the alternate screen, mouse reports, and frames of which only the lines that differ are written, at most twenty a second.

// xterm control sequences, ctlseqs(ms): the alternate screen, no wrapping, no cursor, mouse reports. Synchronized output (2026) is a no-op where it is not known.
const ENTER = '\u001b[?1049h\u001b[?7l\u001b[?25l\u001b[?1000h\u001b[?1006h\u001b[2J'
const LEAVE = '\u001b[?1006l\u001b[?1000l\u001b[0m\u001b[?25h\u001b[?7h\u001b[?1049l'
const BEGIN = '\u001b[?2026h'
const END = '\u001b[?2026l'
const ERASE_LINE = '\u001b[K'
const RESET = '\u001b[0m'

const FRAME_MS = 50

/** What the screen writes to: the terminal, or a test's own. */
export interface Terminal {
  readonly columns: number
  readonly rows: number
  write(text: string): unknown
}

export class Screen {
  readonly #terminal: Terminal
  #isEntered = false
  #frame: readonly string[] = []
  #shown: readonly string[] = []
  #shownAtMs = 0
  #timer: NodeJS.Timeout | undefined

  constructor(terminal: Terminal) {
    this.#terminal = terminal
  }

  /** Takes the terminal over. */
  enter(): void {
    if (this.#isEntered) return
    this.#isEntered = true
    this.#shown = []
    this.#terminal.write(ENTER)
    this.#show()
  }

  /** Gives the terminal back as it was. Safe at any time, and more than once. */
  leave(): void {
    if (!this.#isEntered) return
    this.#isEntered = false
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#terminal.write(LEAVE)
  }

  /** The terminal has another size: the next frame is drawn whole. That before would not fit. */
  resized(): void {
    this.#shown = []
    if (this.#isEntered) this.#terminal.write('\u001b[2J')
  }

  /** Shows the lines of a frame, soon; of several the last. */
  draw(frame: readonly string[]): void {
    this.#frame = frame
    if (!this.#isEntered || this.#timer !== undefined) return
    const waitMs = this.#shownAtMs + FRAME_MS - performance.now()
    if (waitMs <= 0) this.#show()
    else this.#timer = setTimeout(() => this.#show(), waitMs)
  }

  #show(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (!this.#isEntered) return
    this.#shownAtMs = performance.now()
    const rows = this.#terminal.rows
    const lines = Array.from({ length: rows }, (_, row) => this.#frame[row] ?? '')
    // Erased before it is written: a line as wide as the screen leaves the cursor on its last cell, which erasing would clear.
    const changed = lines.flatMap((line, row) => (line === this.#shown[row] ? [] : [`\u001b[${row + 1};1H${ERASE_LINE}${line}${RESET}`]))
    this.#shown = lines
    if (changed.length > 0) this.#terminal.write(BEGIN + changed.join('') + END)
  }
}
