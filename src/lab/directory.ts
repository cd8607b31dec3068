// Where netlab keeps what it knows of running labs: one directory a lab, mode 0700.
import { accessSync, constants, lstatSync, mkdirSync, readdirSync, rmdirSync, type Dirent } from 'node:fs'
import { join } from 'node:path'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'

/** `/run/netlab` as root, else `$XDG_RUNTIME_DIR/netlab`, else `/tmp/netlab-<uid>`. */
export function stateRoot(): string {
  const uid = process.getuid!()
  if (uid === 0 && isWritable('/run')) return '/run/netlab'
  const runtime = process.env['XDG_RUNTIME_DIR']
  if (runtime !== undefined && runtime !== '' && isWritable(runtime)) return join(runtime, 'netlab')
  return `/tmp/netlab-${uid}`
}

/** Whether this user's labs have names under /run/netns: as root, where the state is, too. */
export function hasHostLinks(): boolean {
  return stateRoot() === '/run/netlab'
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** Makes the state root. Errors: refusal STATE_NOT_OURS. */
export function makeStateRoot(): string {
  mkdirSync(stateRoot(), { recursive: true, mode: 0o700 })
  return ownStateRoot()
}

/**
 * The state root, whether or not it is there. In /tmp anybody can make one before us, and whoever did could name any process as a
 * lab's holder, for us to enter or to kill. Errors: refusal STATE_NOT_OURS.
 */
function ownStateRoot(): string {
  const root = stateRoot()
  const found = lstatSync(root, { throwIfNoEntry: false })
  if (found === undefined || (found.isDirectory() && found.uid === process.getuid!() && (found.mode & 0o077) === 0)) return root
  throw new DiagnosticError('refusal', [
    {
      code: 'STATE_NOT_OURS',
      severity: 'error',
      detail: `${root} is not a directory that only you can enter: somebody else made it, or its mode is not 0700.`,
      hint: 'Remove it, or set XDG_RUNTIME_DIR to a directory of your own.',
    },
  ])
}

/** The lab's own directory, whether or not it is there. Errors: refusal STATE_NOT_OURS. */
export function labDirectory(name: string): string {
  return join(ownStateRoot(), name)
}

/** Names of labs that have a directory, sorted. Errors: refusal STATE_NOT_OURS. */
export function labNames(): string[] {
  return entriesOf(ownStateRoot())
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .sort()
}

/** Lock files of labs that have no directory. */
export function lockPaths(): string[] {
  const root = stateRoot()
  const names = new Set(entriesOf(root).map(({ name }) => name))
  return [...names].filter((name) => name.endsWith('.lock') && !names.has(name.slice(0, -'.lock'.length))).map((name) => join(root, name))
}

/** None where the directory is not there: another command may take it away at any moment. */
function entriesOf(root: string): Dirent[] {
  try {
    return readdirSync(root, { withFileTypes: true })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}

/** Removes the state root when no lab is left in it, so that the machine is as it was before the first. */
export function removeEmptyStateRoot(): void {
  try {
    rmdirSync(stateRoot())
  } catch (error) {
    if (!['ENOTEMPTY', 'EEXIST', 'ENOENT', 'EBUSY'].includes(String((error as NodeJS.ErrnoException).code))) throw error
  }
}
