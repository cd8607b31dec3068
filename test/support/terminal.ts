/** A terminal with a program in it, by tmux: what a user types, and what he then sees. */
import { spawnSync } from 'node:child_process'
import { vi } from 'vitest'

export interface Terminal {
  /** Keys as tmux calls them (`Enter`, `C-c`, `Tab`); what is no name of a key is typed. False where there is no terminal any more. */
  type(...keys: string[]): boolean
  screen(): string
  /** Waits until the screen matches; the screen. */
  shows(pattern: RegExp): Promise<string>
  resize(columns: number, rows: number): void
  close(): void
}

let count = 0

/** `command` is a shell line. The caller closes the terminal. */
export function openTerminal(
  command: string,
  env: Readonly<Record<string, string>> = {},
  [columns, rows]: readonly [columns: number, rows: number] = [100, 30],
): Terminal {
  const server = `netlab-${process.pid}-${++count}` // a new one each time: the last one may still be ending
  const tmux = (...args: string[]): string =>
    spawnSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { encoding: 'utf8', env: { ...process.env, ...env } }).stdout
  tmux('new-session', '-d', '-s', 'test', '-x', String(columns), '-y', String(rows), command)
  const screen = (): string => tmux('capture-pane', '-p', '-t', 'test')
  return {
    type: (...keys) => tmux('send-keys', '-t', 'test', ...keys) === '',
    screen,
    shows: async (pattern) => {
      let shown = ''
      try {
        await vi.waitUntil(() => pattern.test((shown = screen())), { timeout: 10_000, interval: 50 })
      } catch {
        throw new Error(`${pattern} does not appear on the screen:\n${shown}`)
      }
      return shown
    },
    resize: (width, height) => void tmux('resize-window', '-t', 'test', '-x', String(width), '-y', String(height)),
    close: () => void tmux('kill-server'),
  }
}
