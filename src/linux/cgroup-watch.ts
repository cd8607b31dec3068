// Hears when the kernel may have killed for want of memory: version 2 tells by inotify(7) that memory.events has changed, cgroup-v2.rst; of
// version 1 nobody hears.
import { watch, type FSWatcher } from 'node:fs'
import { memoryEvents } from './cgroup.ts'
import { isErrno } from './sysctl.ts'

/** How often the cgroups of version 1 are looked at. */
const LOOK_MS = 1000

/** Calls `look` when kills may have come to a node of the lab, until the function that it gives is called. Nodes may get limits meanwhile. */
export function watchMemory(directory: string, look: () => void): () => void {
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  const forget = (file: string): void => {
    watchers.get(file)?.close()
    watchers.delete(file)
  }
  const watchFile = (file: string): void => {
    try {
      // "rename": the cgroup has gone; another of the same name has another file.
      const watcher = watch(file, (type) => (type === 'rename' ? forget(file) : look()))
      watchers.set(file, watcher)
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error
    }
  }
  const refresh = (): void => {
    const { files, hasSilent } = memoryEvents(directory)
    for (const file of files) if (!watchers.has(file)) watchFile(file)
    for (const file of watchers.keys()) if (file !== directory && !files.includes(file)) forget(file)
    if (hasSilent) timer ??= setInterval(look, LOOK_MS)
  }
  refresh()
  // Each `up` writes its notes there, last of all.
  watchers.set(directory, watch(directory, refresh))
  return () => {
    for (const watcher of watchers.values()) watcher.close()
    clearInterval(timer)
  }
}
