/** The page of `netlab graph --format html` in a browser. Chromium is installed for it in CI alone; without it, this is skipped. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { formatPicture } from '../../src/export/picture.ts'
import { openPage, type Page } from '../support/browser.ts'
import { missingRequirement } from '../support/needs.ts'
import { sourceOf } from '../support/picture.ts'

const LAB = `
nodes:
  h1: { gateway: r1 }
  r1: { forwarding: true }
  web: { gateway: r1, services: { http: { run: "echo '<img src=x onerror=alert(1)>'" } } }
bridges: { lan: { subnet: 10.0.1.0/24 } }
links:
  - [h1, lan]
  - [r1, lan]
  - { endpoints: [r1, web], subnet: 10.0.2.0/24, rate: 10mbit }
`

const missing = missingRequirement('command:chromium')
let folder: string
let page: Page

beforeAll(async () => {
  if (missing !== undefined) return
  folder = mkdtempSync(join(tmpdir(), 'netlab-page-'))
  const file = join(folder, 'lab.html')
  writeFileSync(file, await formatPicture('html', sourceOf(LAB)))
  page = await openPage(file)
})
afterAll(async () => {
  if (missing !== undefined) return
  await page.close()
  rmSync(folder, { recursive: true, force: true })
})

/** The middle of an element, in pixels of the window. */
const middleOf = (selector: string): Promise<{ x: number; y: number }> =>
  page.evaluate(
    `(() => { const { x, y, width, height } = document.querySelector(${JSON.stringify(selector)}).getBoundingClientRect(); return { x: x + width / 2, y: y + height / 2 } })()`,
  )
const click = async ({ x, y }: { readonly x: number; readonly y: number }): Promise<void> => {
  await page.mouse('mousePressed', x, y)
  await page.mouse('mouseReleased', x, y)
}
const detail = (): Promise<string> => page.evaluate("document.getElementById('detail').innerText")
const viewBox = async (): Promise<number[]> =>
  (await page.evaluate<string>("document.querySelector('main svg').getAttribute('viewBox')")).split(' ').map(Number)

describe('the page of a lab', () => {
  beforeEach((context) => {
    if (missing !== undefined) context.skip(missing)
  })

  test('asks for nothing but itself, and nothing complains', () => {
    expect(page.requests).toHaveLength(1)
    expect(page.complaints).toEqual([])
  })

  test('shows a node that is clicked on: interfaces, addresses, routes, services', async () => {
    await click(await middleOf('[data-node="web"] .shape'))
    const text = await detail()
    expect(text).toMatch(/^web\n\s*host/)
    expect(text).toContain('10.0.2.2/24')
    expect(text).toContain('default via 10.0.2.1 dev eth0')
    expect(text).toContain("echo '<img src=x onerror=alert(1)>'")
    expect(await page.evaluate("document.querySelectorAll('aside img').length")).toBe(0)
  })

  test('shows a link that is clicked on, by its text', async () => {
    await click(await middleOf('[data-line*="web/eth0"] text'))
    expect(await detail()).toContain('rate 10mbit')
    expect(await page.evaluate("document.querySelectorAll('.selected').length")).toBe(2)
  })

  test('zooms by the wheel around the pointer, moves when it is dragged, and a drag is no click', async () => {
    const before = await viewBox()
    const { x, y } = await middleOf('[data-node="r1"] .shape')
    await page.mouse('mouseWheel', x, y, { deltaX: 0, deltaY: -120 })
    const near = await viewBox()
    expect(near[2]).toBeCloseTo(before[2]! * 0.85)
    const after = await middleOf('[data-node="r1"] .shape')
    expect(Math.abs(after.x - x) + Math.abs(after.y - y)).toBeLessThan(6)
    const shown = await detail()
    await page.mouse('mousePressed', x, y)
    await page.mouse('mouseMoved', x + 100, y + 50)
    await page.mouse('mouseReleased', x + 100, y + 50)
    const dragged = await middleOf('[data-node="r1"] .shape')
    expect(Math.round(dragged.x - after.x)).toBe(100)
    expect(Math.round(dragged.y - after.y)).toBe(50)
    expect(await detail()).toBe(shown)
    await page.press('0')
    expect(await viewBox()).toEqual(before)
  })

  test('finds nodes by name and address, and Enter goes to them', async () => {
    await page.press('/')
    await page.type('10.0.1.1')
    expect(await page.evaluate("document.getElementById('found').textContent")).toBe('1 found')
    expect(await page.evaluate("[...document.querySelectorAll('.match')].map((node) => node.dataset.node).join()")).toBe('h1')
    await page.press('Enter')
    expect(await detail()).toMatch(/^h1\n/)
    // A name comes before a port that bears it.
    await page.evaluate("document.getElementById('search').value = ''")
    await page.type('h1')
    await page.press('Enter')
    expect(await page.evaluate("document.getElementById('found').textContent")).toMatch(/^1 of \d/)
    expect(await detail()).toMatch(/^h1\n/)
  })

  test('can be used from the keyboard', async () => {
    await page.evaluate('document.querySelector(\'[data-node="lan"]\').focus()')
    await page.press('Enter')
    expect(await detail()).toMatch(/^lan\n\s*bridge/)
  })

  test('is readable by day and in the dark', async () => {
    expect(await leastContrast()).toBeGreaterThan(7)
    await page.darken()
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(20, 23, 28)')
    expect(await leastContrast()).toBeGreaterThan(7)
  })
})

/** Of the texts of the picture against the fill behind them. WCAG 2.2, relative luminance. */
async function leastContrast(): Promise<number> {
  const pairs = await page.evaluate<[string, string][]>(`[...document.querySelectorAll('main text')].map((text) => {
    const shape = text.parentElement.querySelector('.shape,.behind') ?? document.querySelector('.page')
    return [getComputedStyle(text).fill, getComputedStyle(shape).fill]
  })`)
  expect(pairs.length).toBeGreaterThan(10)
  return Math.min(
    ...pairs.map((colours) => {
      const [dark, light] = colours.map(luminance).sort((one, other) => one - other) as [number, number]
      return (light + 0.05) / (dark + 0.05)
    }),
  )
}

function luminance(colour: string): number {
  const [red, green, blue] = (colour.match(/\d+/g) ?? []).map(Number).map((value) => {
    const part = value / 255
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  }) as [number, number, number]
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}
