/** What a node has of its own beyond net, mnt and uts. The words are those of native/isolate.h, which the holder is told and tells. */

export const ISOLATED = ['pid', 'ipc', 'cgroup', 'time'] as const

export type Isolated = (typeof ISOLATED)[number]

/** Namespaces that are made when the first command enters the node. namespaces(7) */
export interface Isolation {
  /** In the order of `ISOLATED`. */
  readonly namespaces: readonly Isolated[]
  /** What is added to CLOCK_BOOTTIME and CLOCK_MONOTONIC, where `time` is one of them. time_namespaces(7) */
  readonly boottimeMs?: number
  readonly monotonicMs?: number
}

/** As ISOLATION_DEFAULT of native/isolate.h: the holder gives it to every node. */
export const DEFAULT_ISOLATION: Isolation = { namespaces: ['pid', 'ipc'] }

/** `pid,ipc,time=3600000/0`; `-` for nothing. */
export function isolationText({ namespaces, boottimeMs = 0, monotonicMs = 0 }: Isolation): string {
  const words = namespaces.map((name) => (name === 'time' ? `time=${boottimeMs}/${monotonicMs}` : name))
  return words.length === 0 ? '-' : words.join(',')
}

/** The reverse. */
export function parseIsolation(text: string): Isolation {
  const words = text.split(',')
  const time = words.map((word) => /^time=(-?\d+)\/(-?\d+)$/.exec(word)).find((match) => match !== null)
  return {
    namespaces: ISOLATED.filter((name) => words.some((word) => word.split('=')[0] === name)),
    ...(time !== undefined && { boottimeMs: Number(time[1]), monotonicMs: Number(time[2]) }),
  }
}
