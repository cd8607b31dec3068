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
  /** Each for another device. */
  readonly io?: readonly IoLimits[]
}

/** What may pass between the processes and one block device, in the kernel's names of io.max. cgroup-v2.rst */
export interface IoLimits {
  /** A whole disk, `/dev/sda`; of a file, before the machine is looked at, any path that lies on one. */
  readonly device: string
  /** Bytes read and written a second. */
  readonly rbps?: number
  readonly wbps?: number
  /** Requests a second. */
  readonly riops?: number
  readonly wiops?: number
}

export const IO_LIMITED = ['rbps', 'wbps', 'riops', 'wiops'] as const

export const LIMITED = ['cpu', 'memory', 'pids', 'io'] as const

export type Limited = (typeof LIMITED)[number]

/** The kernel's own default period. */
export const CPU_PERIOD_US = 100_000

export const NO_LIMITS: Limits = {}

/** `cpu 0.5, memory 64mb, pids 100, io /dev/sda rbps 10mb riops 100`; `none` */
export function limitsText({ cpu, memory, pids, io = [] }: Limits): string {
  const words = [
    ...(cpu === undefined ? [] : [`cpu ${cpu / CPU_PERIOD_US}`]),
    ...(memory === undefined ? [] : [`memory ${formatSize(memory)}`]),
    ...(pids === undefined ? [] : [`pids ${pids}`]),
    ...io.map(ioText).sort(),
  ]
  return words.length === 0 ? 'none' : words.join(', ')
}

function ioText(io: IoLimits): string {
  const words = IO_LIMITED.flatMap((name) => {
    const value = io[name]
    return value === undefined ? [] : [`${name} ${name.endsWith('bps') ? formatSize(value) : value}`]
  })
  return `io ${[io.device, ...words].join(' ')}`
}

/** What the processes of a node use now, as far as there is a limit for it. */
export interface Usage {
  /** Processor time since the cgroup was made. */
  readonly cpuMs?: number
  readonly memoryBytes?: number
  readonly pids?: number
  /** Of all block devices, since the cgroup was made. */
  readonly readBytes?: number
  readonly writtenBytes?: number
  /** Processes that the kernel has killed for want of memory. */
  readonly oomKills?: number
}
