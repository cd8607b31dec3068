// Room between the ranks: where lines run far to the side, those of several boxes would lie on each other in the little that dagre leaves.
import type { Layout, Point, Rect } from './layout.ts'

/** Pixels to the side for each pixel down. */
const SLOPE = 6
/** The most room between two ranks that it is worth; a very wide picture may have a part of its width. */
const MOST = 150
const MOST_OF_WIDTH = 0.04

export function withSlopes({ boxes, lines, width, height }: Layout): Layout {
  const shift = shiftOf(
    lines.map(({ way }) => way),
    Math.max(MOST, MOST_OF_WIDTH * width),
  )
  const moved = (rect: Rect): Rect => ({ ...rect, y: shift(rect.y) })
  return {
    boxes: new Map([...boxes].map(([key, rect]) => [key, moved(rect)])),
    lines: lines.map((line) => ({
      ...line,
      way: line.way.map(({ x, y }) => ({ x, y: shift(y) })),
      labels: line.labels.map(({ block, rect }) => ({ block, rect: moved(rect) })),
    })),
    width,
    height: shift(height),
  }
}

/** Where everything at a height goes when each space between ranks is as high as its lines need. */
function shiftOf(ways: readonly (readonly Point[])[], most: number): (y: number) => number {
  const needs = new Map<number, { readonly top: number; readonly more: number }>()
  for (const way of ways)
    for (let index = 1; index + 1 < way.length; index += 2) {
      const [from, to] = [way[index]!, way[index + 1]!]
      const more = Math.min(most, Math.abs(to.x - from.x) / SLOPE) - (to.y - from.y)
      const key = Math.round(from.y)
      if (more > (needs.get(key)?.more ?? 0)) needs.set(key, { top: from.y, more })
    }
  const spaces = [...needs.values()]
  return (y) => spaces.reduce((moved, { top, more }) => (y > top + 0.5 ? moved + more : moved), y)
}
