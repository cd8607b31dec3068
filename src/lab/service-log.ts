// What services have printed. A full log is put aside once (native/serve.c, rotate_log): the newest megabyte or two is there.
import { existsSync, readFileSync, watch } from 'node:fs'
import { logPaths } from '../linux/supervisor.ts'
import type { ServiceName } from '../state/service.ts'
import { labDirectory } from './directory.ts'

/** The last lines of a service's output; all that are there without `count`. */
export function lastLines(directory: string, name: ServiceName, count = Infinity): string[] {
  const text = logPaths(directory, name)
    .map((path) => (existsSync(path) ? readFileSync(path, 'utf8') : ''))
    .join('')
  const lines = text.replace(/\n$/, '').split('\n')
  return text === '' ? [] : count === Infinity ? lines : lines.slice(Math.max(0, lines.length - count))
}

/** Those of a running lab's service. */
export function serviceLog(lab: string, name: ServiceName, count?: number): string[] {
  return lastLines(labDirectory(lab), name, count)
}

/** Hands over what a service prints from now on, until the signal comes or the lab goes. */
export async function followServiceLog(lab: string, name: ServiceName, onText: (text: string) => void, signal: AbortSignal): Promise<void> {
  const [older, log] = logPaths(labDirectory(lab), name)
  let offset = readFileSync(log).length
  const read = (): boolean => {
    if (!existsSync(log)) return false
    let bytes = readFileSync(log)
    if (bytes.length < offset) {
      onText(readFileSync(older).subarray(offset).toString())
      offset = 0
      bytes = readFileSync(log)
    }
    if (bytes.length > offset) onText(bytes.subarray(offset).toString())
    offset = bytes.length
    return true
  }
  await new Promise<void>((resolve) => {
    const watcher = watch(log.slice(0, log.lastIndexOf('/')), () => {
      if (!read()) stop()
    })
    const stop = (): void => {
      watcher.close()
      resolve()
    }
    watcher.on('error', stop)
    signal.addEventListener('abort', stop)
  })
}
