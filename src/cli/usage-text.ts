import type { Usage } from '../state/limits.ts'

/** `cpu 1.2 s, memory 3.4 MB, pids 2, 1 killed for want of memory` */
export function usageText({ cpuMs, memoryBytes, pids, readBytes, writtenBytes, oomKills = 0 }: Usage): string {
  const words = [
    ...(cpuMs === undefined ? [] : [`cpu ${(cpuMs / 1000).toFixed(1)} s`]),
    ...(memoryBytes === undefined ? [] : [`memory ${(memoryBytes / 1e6).toFixed(1)} MB`]),
    ...(pids === undefined ? [] : [`pids ${pids}`]),
    ...(readBytes === undefined ? [] : [`read ${(readBytes / 1e6).toFixed(1)} MB`]),
    ...(writtenBytes === undefined ? [] : [`written ${(writtenBytes / 1e6).toFixed(1)} MB`]),
  ]
  return [`used: ${words.join(', ')}`, ...(oomKills === 0 ? [] : [`${oomKills} killed for want of memory`])].join('; ')
}
