// What the user interface shows. A case is a folder: case.json (a lab, a size, keys) and screen.txt. UPDATE_GOLDEN=1 rewrites the screens.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { tuiScreen } from '../../support/tui-screen.ts'
import { counted, setDown, START_MS, watchedLab, type WatchedCable } from '../../support/watched-lab.ts'

interface Case {
  readonly size: readonly [columns: number, rows: number]
  readonly lab: keyof typeof LABS
  /** Bytes received and sent by links, a sample each. */
  readonly samples?: readonly Readonly<Record<string, readonly [rx: number, tx: number]>>[]
  /** A link that is set down, and its far end. */
  readonly down?: readonly [name: string, far: string]
  readonly keys?: readonly string[]
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
  ring: watchedLab(
    range(6).map((number) => `r${number}`),
    [],
    range(6).map((number): WatchedCable => [`r${number}:eth1`, `r${(number % 6) + 1}:eth0`]),
  ),
}

const folder = import.meta.dirname
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

describe('netlab tui shows', () => {
  beforeAll(() => {
    vi.stubEnv('TZ', 'UTC')
    vi.useFakeTimers({ now: START_MS })
  })
  afterAll(() => {
    vi.useRealTimers()
    vi.unstubAllEnvs()
  })

  it.each(cases.map((entry) => entry.name))('%s', (name) => {
    const path = (file: string): string => join(folder, name, file)
    const { size, lab, samples = [], down, keys = [] } = JSON.parse(readFileSync(path('case.json'), 'utf8')) as Case
    const [columns, rows] = size
    const watched = LABS[lab]
    const screen = tuiScreen(watched, { columns, rows })
    const { model } = screen.controller
    if (down !== undefined) model.take(setDown(watched, ...down))
    samples.forEach((bytes, second) => model.take(counted(watched, second + 1, bytes)))
    screen.press(...keys)
    const text = screen.text()
    if (process.env['UPDATE_GOLDEN'] === '1') writeFileSync(path('screen.txt'), text)
    expect(text).toBe(readFileSync(path('screen.txt'), 'utf8'))
    const lines = text.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(rows)
    for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(columns)
  })
})
