// Rates and their recent past in few columns.

const UNITS = ['', 'k', 'M', 'G', 'T']

/** Bits a second in at most five columns, in steps of 1000 as links are rated: `0`, `940`, `1.2k`, `34M`. */
export function rateText(bitsPerSecond: number): string {
  let value = bitsPerSecond
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  const digits = unit > 0 && value < 9.95 ? 1 : 0
  return `${value.toFixed(digits)}${UNITS[unit]}`
}

/** With its unit: `1.2 Mbit/s`. */
export function bitsText(bitsPerSecond: number): string {
  const [, number, prefix] = /^([\d.]+)(.*)$/.exec(rateText(bitsPerSecond))!
  return `${number} ${prefix}bit/s`
}

/** A count in at most five columns. */
export function countText(count: number): string {
  return rateText(count)
}

const BARS = '▁▂▃▄▅▆▇█'
/** Below a kilobit a second everything is small: a neighbour's question is no peak. */
const LEAST_PEAK = 1000

/** A column a sample, the highest being the peak of those that are shown; nothing where nothing passed. */
export function sparkline(samples: readonly number[]): string {
  const peak = Math.max(LEAST_PEAK, ...samples)
  return samples.map((sample) => (sample <= 0 ? ' ' : BARS[Math.min(BARS.length - 1, Math.floor((sample / peak) * BARS.length))]!)).join('')
}
