/** Paths that may stand at the cursor. */
import { readdirSync } from 'node:fs'
import { homedir } from 'node:os'
import { basename, dirname, join, resolve } from 'node:path'

/** Files that `isWanted` takes by name, and folders with a slash behind them. The shell hands over a `~` as it was typed. */
export function pathWords(cwd: string, current: string, isWanted: (name: string) => boolean): readonly string[] {
  const folder = current.includes('/') ? `${dirname(`${current}x`)}/`.replace('//', '/') : ''
  const start = basename(`${current}x`).slice(0, -1)
  return readdirSync(resolve(cwd, folder.startsWith('~/') ? join(homedir(), folder.slice(2)) : folder), { withFileTypes: true })
    .filter((entry) => entry.name.startsWith(start) && (start.startsWith('.') || !entry.name.startsWith('.')))
    .flatMap((entry) => {
      if (entry.isDirectory()) return [`${folder}${entry.name}/`]
      return isWanted(entry.name) ? [`${folder}${entry.name}`] : []
    })
    .sort()
}
