// What the user types: keys go on to ink, reports of the mouse are taken out, for ink would take them for typing.
import { PassThrough } from 'node:stream'

/** A press of a button or a turn of the wheel. Column and row count from 0. */
export interface MouseEvent {
  readonly kind: 'press' | 'wheel up' | 'wheel down'
  readonly column: number
  readonly row: number
}

/** The terminal's input, as far as it is used here. */
export interface TerminalInput {
  setRawMode?(isRaw: boolean): unknown
  setEncoding(encoding: BufferEncoding): unknown
  on(event: 'data', listener: (text: string) => void): unknown
  off(event: 'data', listener: (text: string) => void): unknown
  resume(): unknown
  pause(): unknown
}

/** ink's standard input: raw already, and never the terminal itself. */
class KeyStream extends PassThrough {
  readonly isTTY = true

  setRawMode(): this {
    return this
  }

  ref(): this {
    return this
  }

  unref(): this {
    return this
  }
}

// SGR mouse reports, ctlseqs(ms): CSI < button ; column ; row M (press) or m (release)
const MOUSE = /\u001b\[<(\d+);(\d+);(\d+)([Mm])/g

export class Keyboard {
  /** For ink. */
  readonly keys: NodeJS.ReadStream
  onMouse: (event: MouseEvent) => void = () => undefined
  readonly #input: TerminalInput
  readonly #stream = new KeyStream()
  #isOpen = false

  constructor(input: TerminalInput) {
    this.#input = input
    // ink reads, listens, and sets raw mode; of the rest of a tty.ReadStream it needs nothing.
    this.keys = this.#stream as unknown as NodeJS.ReadStream
  }

  /** Takes the keyboard over: raw, without echo. */
  open(): void {
    if (this.#isOpen) return
    this.#isOpen = true
    this.#input.setRawMode?.(true)
    this.#input.setEncoding('utf8')
    this.#input.on('data', this.#take)
    this.#input.resume()
  }

  /** Gives it back. Safe at any time, and more than once. */
  close(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#input.off('data', this.#take)
    this.#input.pause()
    try {
      this.#input.setRawMode?.(false)
    } catch {
      // EIO: the terminal was closed, and has no mode any more
    }
  }

  readonly #take = (text: string): void => {
    const typed = text.replaceAll(MOUSE, (_report, button: string, column: string, row: string, end: string) => {
      const kind = MOUSE_KINDS.get(Number(button))
      if (kind !== undefined && end === 'M') this.onMouse({ kind, column: Number(column) - 1, row: Number(row) - 1 })
      return ''
    })
    if (typed !== '') this.#stream.write(typed)
  }
}

const MOUSE_KINDS: ReadonlyMap<number, MouseEvent['kind']> = new Map([
  [0, 'press'],
  [64, 'wheel up'],
  [65, 'wheel down'],
])
