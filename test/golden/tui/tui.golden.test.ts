// What the user interface shows. A case is a folder: case.json (a lab, a size, keys) and screen.txt. UPDATE_GOLDEN=1 rewrites the screens.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tuiScreen } from '../../support/tui-screen.ts'
import type { LiveLink } from '../../../src/state/live.ts'
import type { TestResult } from '../../../src/check/result.ts'
import type { TestRunner } from '../../../src/tui/tests.ts'
import { changed, counted, limited, setDown, START_MS, watchedLab, type WatchedCable } from '../../support/watched-lab.ts'

interface Case {
  readonly size: readonly [columns: number, rows: number]
  readonly lab: keyof typeof LABS
  /** Bytes received and sent by links, a sample each. */
  readonly samples?: readonly Readonly<Record<string, readonly [rx: number, tx: number]>>[]
  /** A link that is set down, and its far end. */
  readonly down?: readonly [name: string, far: string]
  /** What has become of links. */
  readonly changed?: Readonly<Record<string, Partial<LiveLink>>>
  /** Nodes that are stopped. */
  readonly stopped?: readonly string[]
  /** A link that has a rate, in bits a second. */
  readonly rate?: readonly [name: string, bits: number]
  readonly keys?: readonly string[]
  /** What the tests of the lab's file give when they are run, by name: what was seen where one fails. */
  readonly tests?: Readonly<Record<string, string | null>>
}

const range = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1)

const LABS = {
  dmz: watchedLab(
    ['h1', 'h2', 'web', 'fw'],
    ['lan'],
    [
      ['h1:eth0', 'lan'],
      ['h2:eth0', 'lan'],
      ['fw:lan', 'lan'],
      ['fw:dmz', 'web:eth0'],
    ],
  ),
  star: watchedLab(
    range(500).map((number) => `h${number}`),
    ['lan'],
    range(500).map((number): WatchedCable => [`h${number}:eth0`, 'lan']),
  ),
  // Three switches in a circle, which the spanning tree opens.
  switches: watchedLab(
    ['h1', 'h2'],
    ['sw1', 'sw2', 'sw3'],
    [
      ['h1:eth0', 'sw1'],
      ['h2:eth0', 'sw3'],
      ['sw1', 'sw2'],
      ['sw2', 'sw3'],
      ['sw1', 'sw3'],
    ],
  ),
  // Four cores, each joined to all others, three aggregation routers below each, three access routers below each of those.
  clos: watchedLab(
    [
      ...range(4).map((core) => `core${core}`),
      ...range(12).map((router) => `agg${router}`),
      ...range(36).map((router) => `acc${router}`),
    ],
    [],
    [
      ...range(4).flatMap((one) => range(one - 1).map((other): WatchedCable => [`core${one}:eth${other}`, `core${other}:eth${one}`])),
      ...range(12).map((router): WatchedCable => [`agg${router}:up`, `core${((router - 1) % 4) + 1}:agg${router}`]),
      ...range(36).map((router): WatchedCable => [`acc${router}:up`, `agg${((router - 1) % 12) + 1}:acc${router}`]),
    ],
  ),
  // Two cores, four switches that route, and two hosts each: wider than a terminal.
  tree: watchedLab(
    ['core1', 'core2', ...range(4).map((edge) => `edge${edge}`), ...range(16).map((host) => `h${host}`)],
    [],
    [
      ...range(4).flatMap((edge): WatchedCable[] => [
        [`core1:eth${edge}`, `edge${edge}:up1`],
        [`core2:eth${edge}`, `edge${edge}:up2`],
      ]),
      ...range(16).map((host): WatchedCable => [`h${host}:eth0`, `edge${Math.ceil(host / 4)}:eth${host}`]),
    ],
  ),
  longNames: watchedLab(
    ['anycast-server-1', 'anycast-server-2', 'customer-gateway.example'],
    [],
    [
      ['anycast-server-1:eth0', 'customer-gateway.example:servers1'],
      ['anycast-server-2:eth0', 'customer-gateway.example:servers2'],
    ],
  ),
  ring: watchedLab(
    range(6).map((number) => `r${number}`),
    [],
    range(6).map((number): WatchedCable => [`r${number}:eth1`, `r${(number % 6) + 1}:eth0`]),
  ),
}

const folder = import.meta.dirname
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

const ORIGIN = { file: '/home/me/dmz.yaml', line: 9, column: 5, length: 4 }

function testRunner(tests: NonNullable<Case['tests']>): TestRunner {
  const resultOf = (name: string, seen: string | null): TestResult => {
    const status = seen === null ? 'passed' : 'failed'
    const misses = seen === null ? [] : [{ words: name, expected: 'a reply', seen, because: [] }]
    const step = { words: name, origin: ORIGIN, status, asked: 1, held: 1 - misses.length, misses, moreMisses: 0, elapsedMs: 1234 } as const
    return { name, origin: ORIGIN, status, steps: [step], points: 1, earned: 0, elapsedMs: 1234 }
  }
  return {
    readTests: () => Promise.resolve({ names: Object.keys(tests), sources: new Map() }),
    runTests: (filter, hear) => {
      for (const [name, seen] of Object.entries(tests)) if (name.includes(filter)) hear(resultOf(name, seen))
      return Promise.resolve()
    },
  }
}

describe('netlab tui shows', () => {
  beforeAll(() => {
    vi.stubEnv('TZ', 'UTC')
    vi.useFakeTimers({ now: START_MS })
  })
  afterAll(() => {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  it.each(cases.map((entry) => entry.name))('%s', async (name) => {
    const path = (file: string): string => join(folder, name, file)
    const { size, lab, samples = [], down, changed: became, stopped, rate, keys = [], tests = {} } = JSON.parse(readFileSync(path('case.json'), 'utf8')) as Case
    const [columns, rows] = size
    const watched = LABS[lab]
    const screen = tuiScreen(watched, { columns, rows }, testRunner(tests))
    const { model } = screen.controller
    if (down !== undefined) model.take(setDown(watched, ...down))
    if (became !== undefined) model.take(changed(watched, became))
    if (stopped !== undefined) model.take({ type: 'stopped', nodes: stopped })
    if (rate !== undefined) model.take(limited(watched, ...rate))
    samples.forEach((bytes, second) => model.take(counted(watched, second + 1, bytes)))
    for (const key of keys) {
      screen.press(key)
      await vi.advanceTimersByTimeAsync(0) // what the key has started
    }
    const text = screen.text()
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path('screen.txt'), text)
    expect(text).toBe(readFileSync(path('screen.txt'), 'utf8'))
    const lines = text.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(rows)
    for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(columns)
  })
})
