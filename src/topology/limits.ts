/** `limits` of a node: what its processes may use together. */
import { CPU_PERIOD_US, IO_LIMITED, NO_LIMITS, type IoLimits, type Limits } from '../state/limits.ts'
import { given } from '../unit/given.ts'
import type { Parsed } from '../unit/parsed.ts'
import { parseBytes } from '../unit/size.ts'
import type { Findings } from './findings.ts'
import { asMap, itemsAt, mapAt, scalarAt } from './value.ts'
import type { MapValue } from './value.ts'

type Parse = (text: string) => Parsed<number>

export function readLimits(settings: MapValue, findings: Findings): Limits {
  const map = mapAt(settings, 'limits')
  if (map === undefined) return NO_LIMITS
  const read = (key: string, parse: Parse): number | undefined => readNumber(map, key, parse, findings)
  const io = itemsAt(map, 'io').flatMap((item) => readIo(asMap(item), findings))
  return given({
    cpu: read('cpu', parseCpu),
    memory: read('memory', parseMemory),
    pids: read('pids', parsePids),
    io: io.length === 0 ? undefined : io,
  })
}

function readNumber(map: MapValue, key: string, parse: Parse, findings: Findings): number | undefined {
  const scalar = scalarAt(map, key)
  if (scalar === undefined) return undefined
  const { value, problem } = parse(scalar.text)
  if (problem !== undefined) findings.error('INVALID_VALUE', scalar.origin, `${problem}.`)
  return value
}

/** Of the disk that the machine's files are on, unless another is named. */
function readIo(map: MapValue | undefined, findings: Findings): IoLimits[] {
  if (map === undefined) return []
  const device = scalarAt(map, 'device')
  if (device !== undefined && !device.text.startsWith('/'))
    findings.error('INVALID_VALUE', device.origin, `"${device.text}" is no absolute path, e.g. /dev/sda.`)
  const numbers = IO_LIMITED.map((name) => [name, readNumber(map, name, name.endsWith('bps') ? parseIoBytes : parseRequests, findings)])
  const limits: Omit<IoLimits, 'device'> = given(Object.fromEntries(numbers) as Partial<Record<(typeof IO_LIMITED)[number], number>>)
  if (IO_LIMITED.every((name) => scalarAt(map, name) === undefined))
    findings.error('INVALID_VALUE', map.origin, `\`io\` limits nothing: it takes ${IO_LIMITED.join(', ')}.`)
  return [{ device: device?.text ?? '/', ...limits }]
}

/** The kernel takes 0 for an error in version 2, and for no limit in version 1. */
function parseIoBytes(text: string): Parsed<number> {
  const parsed = parseBytes(text)
  return parsed.value === 0 ? { problem: `"${text}" is less than a byte a second` } : parsed
}

const MOST_REQUESTS = 2 ** 32 - 1

function parseRequests(text: string): Parsed<number> {
  const requests = /^\d+$/.test(text) ? Number(text) : 0
  return requests < 1 || requests > MOST_REQUESTS
    ? { problem: `"${text}" is no number of requests a second from 1 to ${MOST_REQUESTS}` }
    : { value: requests }
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
