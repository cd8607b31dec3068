/** What ping has measured of a link, against what chance would make of the file's numbers. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'

export interface Echo {
  /** From 1. */
  readonly sequence: number
  /** From the request's sending to the answer's arrival, as the kernel has it. */
  readonly ms: number
  /** An answer to this request came before. */
  readonly isAgain: boolean
}

/** Answers in the order of their arrival. */
export function readEchoes(ping: string): Echo[] {
  return [...ping.matchAll(/icmp_seq=(\d+) .*time=([\d.]+) ms( \(DUP!\))?/g)].map(([, sequence, ms, again]) => ({
    sequence: Number(sequence),
    ms: Number(ms),
    isAgain: again !== undefined,
  }))
}

/** From the first request to the last answer: ping tells when it has sent its last. */
export function wholeMs(ping: string): number {
  return Number(/, time (\d+)ms/.exec(ping)?.[1]) + (readEchoes(ping).at(-1)?.ms ?? NaN)
}

export const timesOf = (echoes: readonly Echo[]): number[] => echoes.map(({ ms }) => ms)
export const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
export const deviation = (values: readonly number[]): number => Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)))

/** Of so many requests, whether each has gone unanswered. */
export function lossesOf(echoes: readonly Echo[], count: number): boolean[] {
  const answered = new Set(echoes.map(({ sequence }) => sequence))
  return Array.from({ length: count }, (_, index) => !answered.has(index + 1))
}

/** How alike neighbours are: 0 where each is of chance, 1 where each is as the one before. */
export function autocorrelation(values: readonly number[]): number {
  const off = values.map((value) => value - mean(values))
  return mean(off.slice(1).map((value, index) => value * off[index]!)) / deviation(values) ** 2
}

/** Chance goes further than so many deviations in one of a million measurements. */
const DEVIATIONS = 5

export function expectShare(count: number, of: number, probability: number): void {
  const slack = DEVIATIONS * Math.sqrt(of * probability * (1 - probability))
  expect(count).toBeGreaterThanOrEqual(of * probability - slack)
  expect(count).toBeLessThanOrEqual(of * probability + slack)
}

/** Tenths of what was measured, against those of what was to be expected; the machine may have added so much to each. */
export function expectDistribution(measured: readonly number[], expected: readonly number[], machineMs: number): void {
  const [ofMeasured, ofExpected] = [measured, expected].map((values) => [...values].sort((one, other) => one - other)) as [
    number[],
    number[],
  ]
  const at = (sorted: readonly number[], share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.max(0, Math.floor(share * sorted.length)))]!
  for (const share of [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9]) {
    const slack = DEVIATIONS * Math.sqrt((share * (1 - share)) / measured.length)
    const tenth = at(ofMeasured, share)
    expect(tenth, `tenth ${share}`).toBeGreaterThanOrEqual(at(ofExpected, share - slack))
    expect(tenth, `tenth ${share}`).toBeLessThanOrEqual(at(ofExpected, share + slack) + machineMs)
  }
}

/** What a delay with a jitter is by iproute2's own table; without one, any between the ends. netem's tabledist() */
export function delaysBy(distribution: string | undefined, delayMs: number, jitterMs: number): number[] {
  const table = distribution === undefined ? Array.from({ length: 4096 }, (_, index) => index / 2048 - 1) : tableOf(distribution)
  return table.map((factor) => delayMs + jitterMs * factor)
}

function tableOf(name: string): number[] {
  const folder = '/usr/lib'
  const places = [folder, ...readdirSync(folder).map((triplet) => join(folder, triplet))].map((place) => join(place, 'tc', `${name}.dist`))
  const [text = ''] = places.flatMap((path) => {
    try {
      return [readFileSync(path, 'utf8')]
    } catch {
      return []
    }
  })
  const numbers = text.replaceAll(/^#.*$/gm, '').trim().split(/\s+/)
  if (numbers.length < 100) throw new Error(`iproute2's table ${name}.dist is not here`)
  return numbers.map((number) => Number(number) / 8192)
}

/** What netem makes of a loss with a correlation: each throw takes a share of the one before, so all come closer to the middle. get_crandom() */
export function correlatedLosses(count: number, probability: number, correlation: number): boolean[] {
  let last = 0.5
  return Array.from({ length: count }, () => (last = Math.random() * (1 - correlation) + last * correlation) <= probability)
}
