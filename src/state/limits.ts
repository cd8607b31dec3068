/** What the processes of a node may use together. cgroups(7) */
import { formatSize } from '../unit/size.ts'

/** Whatever is absent has no limit. */
export interface Limits {
  /** Microseconds of processor time in each `CPU_PERIOD_US`; more than that on several processors. */
  readonly cpu?: number
  /** Bytes, whole pages. */
  readonly memory?: number
  /** Processes and threads. */
  readonly pids?: number
}

export const LIMITED = ['cpu', 'memory', 'pids'] as const

export type Limited = (typeof LIMITED)[number]

/** The kernel's own default period. */
export const CPU_PERIOD_US = 100_000

export const NO_LIMITS: Limits = {}

/** `cpu 0.5, memory 64mb, pids 100`; `none` */
export function limitsText({ cpu, memory, pids }: Limits): string {
  const words = [
    ...(cpu === undefined ? [] : [`cpu ${cpu / CPU_PERIOD_US}`]),
    ...(memory === undefined ? [] : [`memory ${formatSize(memory)}`]),
    ...(pids === undefined ? [] : [`pids ${pids}`]),
  ]
  return words.length === 0 ? 'none' : words.join(', ')
}

/** What the processes of a node use now, as far as there is a limit for it. */
export interface Usage {
  /** Processor time since the cgroup was made. */
  readonly cpuMs?: number
  readonly memoryBytes?: number
  readonly pids?: number
  /** Processes that the kernel has killed for want of memory. */
  readonly oomKills?: number
}
