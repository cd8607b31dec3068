/** A program on a real terminal: tmux types into it and reads the screen. Each terminal has a tmux server of its own, which goes with it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { vi, expect } from 'vitest'

let count = 0

export class Terminal {
  readonly #socket = `netlab-test-${process.pid}-${++count}`

  /** Starts a shell line in a terminal of that size. */
  constructor(line: string, size: { readonly columns: number; readonly rows: number }) {
    const { columns, rows } = size
    const env = { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' }
    execFileSync('tmux', ['-L', this.#socket, '-f', '/dev/null', 'new-session', '-d', '-x', String(columns), '-y', String(rows), line], {
      env,
    })
  }

  #tmux(...words: string[]): string {
    return execFileSync('tmux', ['-L', this.#socket, ...words], { encoding: 'utf8' })
  }

  /** Types keys, by their names in tmux(1). */
  keys(...names: string[]): void {
    this.#tmux('send-keys', ...names)
  }

  /** Types a text as it is. */
  type(text: string): void {
    this.#tmux('send-keys', '-l', text)
  }

  /** Gives the terminal another size. */
  resize(columns: number, rows: number): void {
    this.#tmux('resize-window', '-x', String(columns), '-y', String(rows))
  }

  /** The screen, without blanks at the ends of lines. */
  screen(): string {
    return this.#tmux('capture-pane', '-p')
  }

  /** Waits until the screen shows this; the screen. */
  shows(words: string | RegExp): Promise<string> {
    return vi.waitFor(
      () => {
        const screen = this.screen()
        if (typeof words === 'string') expect(screen).toContain(words)
        else expect(screen).toMatch(words)
        return screen
      },
      { timeout: 20_000, interval: 20 },
    )
  }

  /** Pid of the program that the terminal was started with. */
  pid(): number {
    return Number(this.#tmux('list-panes', '-F', '#{pane_pid}'))
  }

  /** Closes the terminal: what runs in it gets SIGHUP. */
  close(): void {
    spawnSync('tmux', ['-L', this.#socket, 'kill-server'])
  }
}
