// Advisory locks of whole files, flock(2): the kernel releases them when the process ends, however it ends.
import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs'
import { flock, LOCK_EX, LOCK_NB, SyscallError } from './libc.ts'

/** A lock that is held. */
export interface FileLock {
  /** Takes the file away and releases the lock. */
  release(): void
}

/** Takes the lock of `path`, or tells the pid of the process that has it (0 where that is not known). */
export function lockFile(path: string): FileLock | { readonly heldBy: number } {
  for (;;) {
    const fd = openSync(path, 'a+', 0o600)
    try {
      flock(fd, LOCK_EX | LOCK_NB)
    } catch (error) {
      const words = readFileSync(fd, 'utf8') // not by its name: the file goes with the lock
      closeSync(fd)
      if (error instanceof SyscallError && error.code === 'EAGAIN') return { heldBy: Number(words) || 0 }
      throw error
    }
    // Whoever had the lock took the file away with it: ours must be the one that the next will find.
    if (statSync(path, { throwIfNoEntry: false })?.ino !== fstatSync(fd).ino) {
      closeSync(fd)
      continue
    }
    ftruncateSync(fd)
    writeSync(fd, String(process.pid))
    return {
      release() {
        rmSync(path, { force: true }) // it may have gone with its directory: that of a session does when the user logs out
        closeSync(fd)
      },
    }
  }
}
