/** Pictures for tests: the network of a file as a picture's source, and what a picture's SVG really puts where. */
import { parse } from 'yaml'
import type { GraphSource } from '../../src/export/drawn-network.ts'
import type { Layout, Point, Rect } from '../../src/export/layout.ts'
import { compileTopology } from '../../src/topology/compile.ts'

/** Of a file, or of YAML text. */
export function sourceOf(file: string): GraphSource {
  const { name, desired, diagnostics } = compileTopology(file.includes('\n') ? (parse(file) as object) : file)
  if (desired === undefined) throw new Error(`The topology is wrong: ${diagnostics.map(({ detail }) => detail).join(' ')}`)
  return { lab: name, desired }
}

interface PlacedText extends Rect {
  readonly text: string
}

/** Every text of an SVG where its attributes put it. Fails where one is not as wide as its attributes force it to be. */
export function textsOf(svg: string): PlacedText[] {
  const [body = ''] = svg.split('<g transform="translate(0') // the legend has coordinates of its own
  return [...body.matchAll(/<text([^>]*)>([^<]*)<\/text>/g)].map(([, words = '', text = '']) => {
    const value = (name: string): number => {
      const found = new RegExp(` ${name}="([\\d.-]+)"`).exec(words)
      if (found === null) throw new Error(`"${text}" has no ${name}`)
      return Number(found[1])
    }
    if (!words.includes('lengthAdjust="spacingAndGlyphs"')) throw new Error(`"${text}" may be wider than it says`)
    const size = value('font-size')
    // From the top of the capitals to the bottom of the descenders, for any face.
    return { text, x: value('x'), y: value('y') - size * 0.8, width: value('textLength'), height: size }
  })
}

/** Pairs that lie on each other. */
export function overlaps<Kind extends Rect>(rects: readonly Kind[]): (readonly [Kind, Kind])[] {
  const sorted = [...rects].sort((one, other) => one.y - other.y)
  return sorted.flatMap((one, index) => {
    const found: (readonly [Kind, Kind])[] = []
    for (const other of sorted.slice(index + 1)) {
      if (other.y >= one.y + one.height) break
      if (isApart(one, other)) continue
      found.push([one, other])
    }
    return found
  })
}

function isApart(one: Rect, other: Rect): boolean {
  return one.x + one.width <= other.x || other.x + other.width <= one.x || one.y + one.height <= other.y || other.y + other.height <= one.y
}

/** Boxes and texts that a line runs through, other than its own. */
export function crossings({ boxes, lines }: Layout): string[] {
  const labels = lines.flatMap(({ line, labels }) =>
    labels.map(({ rect, block }) => ({ owner: line.key, name: block.lines.join(' '), rect })),
  )
  const obstacles = [...[...boxes].map(([key, rect]) => ({ owner: key, name: key, rect })), ...labels]
  return lines.flatMap(({ line, way }) => {
    const own = new Set([line.key, line.from, line.to])
    const others = obstacles.filter(({ owner }) => !own.has(owner))
    return pointsOf(way).flatMap((point) =>
      others.filter(({ rect }) => isInside(point, rect)).map(({ name }) => `${line.from} – ${line.to} through ${name}`),
    )
  })
}

/** Along the way, bends as they are drawn: cubic Béziers with upright ends. */
function pointsOf(way: readonly Point[]): Point[] {
  return way.slice(1).flatMap((to, index) => {
    const from = way[index]!
    return Array.from({ length: 9 }, (_, step) => {
      const t = step / 8
      const along = 3 * t * t - 2 * t * t * t
      return {
        x: from.x + (to.x - from.x) * along,
        y: from.y + (to.y - from.y) * (index % 2 === 0 ? t : 1.5 * t - 1.5 * t * t + t * t * t),
      }
    })
  })
}

function isInside({ x, y }: Point, rect: Rect): boolean {
  return x > rect.x + 0.5 && x < rect.x + rect.width - 0.5 && y > rect.y + 0.5 && y < rect.y + rect.height - 0.5
}
