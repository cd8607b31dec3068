/** `limits` of a node: what its processes may use together. */
import { CPU_PERIOD_US, NO_LIMITS, type Limits } from '../state/limits.ts'
import type { Parsed } from '../unit/parsed.ts'
import { parseBytes } from '../unit/size.ts'
import type { Findings } from './findings.ts'
import { mapAt, scalarAt } from './value.ts'
import type { MapValue } from './value.ts'

export function readLimits(settings: MapValue, findings: Findings): Limits {
  const map = mapAt(settings, 'limits')
  if (map === undefined) return NO_LIMITS
  const read = (key: keyof Limits, parse: (text: string) => Parsed<number>): Limits => {
    const scalar = scalarAt(map, key)
    if (scalar === undefined) return NO_LIMITS
    const { value, problem } = parse(scalar.text)
    if (problem !== undefined) findings.error('INVALID_VALUE', scalar.origin, `${problem}.`)
    return value === undefined ? NO_LIMITS : { [key]: value }
  }
  return { ...read('cpu', parseCpu), ...read('memory', parseMemory), ...read('pids', parsePids) }
}

/** The kernel takes no quota below a millisecond. kernel/sched/core.c, min_cfs_quota_period */
const LEAST_CPUS = 0.01
const MOST_CPUS = 4096

/** Processors to microseconds a period. */
function parseCpu(text: string): Parsed<number> {
  const cpus = /^(\d+(\.\d*)?|\.\d+)$/.test(text) ? Number(text) : undefined
  if (cpus === undefined || cpus < LEAST_CPUS || cpus > MOST_CPUS)
    return { problem: `"${text}" is no number of processors from ${LEAST_CPUS} to ${MOST_CPUS}, e.g. 0.5` }
  return { value: Math.round(cpus * CPU_PERIOD_US) }
}

/** The kernel counts in pages, of which the largest that Linux has on its usual machines are these. */
const PAGE_BYTES = 65536

function parseMemory(text: string): Parsed<number> {
  const { value, problem } = parseBytes(text)
  if (problem !== undefined) return { problem }
  const bytes = Math.floor(value / PAGE_BYTES) * PAGE_BYTES
  return bytes === 0 ? { problem: `"${text}" is less than 64kb, the least that can be limited` } : { value: bytes }
}

/** PIDS_MAX, kernel/cgroup/pids.c */
const MOST_PIDS = 4_194_304

function parsePids(text: string): Parsed<number> {
  const pids = /^\d+$/.test(text) ? Number(text) : 0
  return pids < 1 || pids > MOST_PIDS ? { problem: `"${text}" is no number of processes from 1 to ${MOST_PIDS}` } : { value: pids }
}
