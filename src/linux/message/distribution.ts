// Tables for TCA_NETEM_DELAY_DIST: the inverse of a distribution with mean 0 and deviation 1, in parts of NETEM_DIST_SCALE, which netem looks up
// with a random index. Worked out as iproute2's generators do (netem/normal.c, pareto.c, paretonormal.c; from NIST Net, which is in the
// public domain): a test compares them with the files that come with tc.
import type { Distribution } from '../../state/qdisc.ts'

/** NETEM_DIST_SCALE of <linux/pkt_sched.h> */
const SCALE = 8192
const ENTRIES = 4096
/** The generators work with four times as many steps as they write. */
const STEPS = 4 * ENTRIES
const SHRT_MAX = 32767
/** normal.c walks from -10 in steps of this. */
const STEP = 0.00005

const tables = new Map<Distribution, Buffer>()

/** Signed 16-bit numbers. */
export function distributionTable(distribution: Distribution): Buffer {
  const known = tables.get(distribution)
  if (known !== undefined) return known
  const bytes = Buffer.alloc(ENTRIES * 2)
  for (let entry = 0; entry < ENTRIES; entry++) {
    bytes.writeInt16LE(Math.max(-SHRT_MAX - 1, Math.min(SHRT_MAX, VALUES[distribution](4 * entry))), entry * 2)
  }
  tables.set(distribution, bytes)
  return bytes
}

const VALUES: Readonly<Record<Distribution, (step: number) => number>> = {
  normal: normalValue,
  pareto: paretoValue,
  // A quarter of the one and three of the other "seems to match experimentally observed distributions reasonably well".
  paretonormal: (step) => Math.trunc((normalValue(step) + 3 * paretoValue(step)) / 4),
}

/** Shape 3, moved and stretched to mean 0 and deviation 1. */
function paretoValue(step: number): number {
  const value = (((1 - step / STEPS) ** (-1 / 3) - 1.5) * 4 * SCALE) / 3
  return Math.min(SHRT_MAX, rint(value))
}

/** The last point of the walk at which the distribution, in steps, rounds to `step`. */
function normalValue(step: number): number {
  let low = 0
  let high = 20 / STEP
  while (low < high) {
    const middle = Math.ceil((low + high) / 2)
    if (STEPS * normalDistribution(-10 + middle * STEP) <= step + 0.5) low = middle
    else high = middle - 1
  }
  return rint((-10 + low * STEP) * SCALE)
}

function normalDistribution(x: number): number {
  return x < 0 ? upperTail(-x) : 1 - upperTail(x)
}

/** 1 - Φ(x) for x >= 0: by a series near 0, by a continued fraction in the tail. */
function upperTail(x: number): number {
  const density = Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)
  if (x > 5) {
    let fraction = x
    for (let k = 40; k > 0; k--) fraction = x + k / fraction
    return density / fraction
  }
  let term = x
  let sum = x
  for (let k = 3; term > sum * 1e-17; k += 2) sum += term *= (x * x) / k
  return 0.5 - density * sum
}

/** Half to even, as rint(3). */
function rint(value: number): number {
  const rounded = Math.round(value)
  return Math.abs(value % 1) === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}
