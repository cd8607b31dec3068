/** A terminal of 100 columns and 30 lines with a program in it, by tmux: what a user types, and what he then sees. */
import { spawnSync } from 'node:child_process'
import { vi } from 'vitest'

export interface Terminal {
  /** Keys as tmux calls them (`Enter`, `C-c`, `Tab`); what is no name of a key is typed. False where there is no terminal any more. */
  type(...keys: string[]): boolean
  screen(): string
  /** Waits until the screen matches. */
  shows(pattern: RegExp): Promise<void>
  close(): void
}

let count = 0

/** `command` is a shell line. The caller closes the terminal. */
export function openTerminal(command: string, env: Readonly<Record<string, string>> = {}): Terminal {
  const server = `netlab-${process.pid}-${++count}` // a new one each time: the last one may still be ending
  const tmux = (...args: string[]): string =>
    spawnSync('tmux', ['-L', server, '-f', '/dev/null', ...args], { encoding: 'utf8', env: { ...process.env, ...env } }).stdout
  tmux('new-session', '-d', '-s', 'test', '-x', '100', '-y', '30', command)
  const screen = (): string => tmux('capture-pane', '-p', '-t', 'test')
  return {
    type: (...keys) => tmux('send-keys', '-t', 'test', ...keys) === '',
    screen,
    shows: async (pattern) => {
      try {
        await vi.waitUntil(() => pattern.test(screen()), { timeout: 10_000, interval: 50 })
      } catch {
        throw new Error(`${pattern} does not appear on the screen:\n${screen()}`)
      }
    },
    close: () => void tmux('kill-server'),
  }
}
