import { renameSync, writeFileSync } from 'node:fs'

/**
 * Writes a note that is for root's or this user's eyes: whoever reads it, whenever the writer is killed, finds the old or the new, and never
 * a half. `draft` lies on the same file system, where nobody takes it for a note.
 */
export function writeWhole(path: string, content: string | Uint8Array, draft = `${path}.new`): void {
  writeFileSync(draft, content, { mode: 0o600 })
  renameSync(draft, path)
}
