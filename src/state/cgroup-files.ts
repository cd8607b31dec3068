/** The files of a cgroup that hold limits, as version 2 names them. cgroup-v2.rst */
import { CPU_PERIOD_US, IO_LIMITED, type IoLimits, type Limits } from './limits.ts'

/** What is written to each file: `max` where there is no limit. */
export function cgroupFiles({ cpu, memory, pids }: Limits): Record<'cpu.max' | 'memory.max' | 'pids.max', string> {
  return { 'cpu.max': `${cpu ?? 'max'} ${CPU_PERIOD_US}`, 'memory.max': String(memory ?? 'max'), 'pids.max': String(pids ?? 'max') }
}

/** What is written to `io.max` behind a device's number. */
export function ioMaxWords(io: Omit<IoLimits, 'device'>): string {
  return IO_LIMITED.map((name) => `${name}=${io[name] ?? 'max'}`).join(' ')
}

/** Names of a lab's cgroup and of a node's in it: no file of a cgroup begins so. */
export function cgroupName(lab: string, node: string): { readonly lab: string; readonly node: string } {
  return { lab: `netlab.${lab}`, node: `node.${node}` }
}
