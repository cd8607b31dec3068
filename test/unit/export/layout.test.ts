/** No text of a picture lies on another, and no line runs through what is not its own: for every lab of the course, and for hard cases. */
import { describe, expect, test } from 'vitest'
import { graphOf } from '../../../src/export/graph.ts'
import { drawingOf } from '../../../src/export/drawing.ts'
import { layoutOf } from '../../../src/export/layout.ts'
import { formatSvg } from '../../../src/export/svg.ts'
import { fileOf, LABS } from '../../support/course.ts'
import { crossings, overlaps, sourceOf, textsOf } from '../../support/picture.ts'

const mesh = (count: number): string => {
  const pairs = Array.from({ length: count }, (_, a) => Array.from({ length: a }, (_unused, b) => [a + 1, b + 1] as const)).flat()
  const links = pairs.map(([a, b]) => `  - { endpoints: [r${a}, r${b}], subnet: auto, rate: ${a}mbit, mtu: 1400 }`)
  return `nodes:\n  r[1-${count}]: { forwarding: true }\nlinks:\n${links.join('\n')}\n`
}

const HARD: Readonly<Record<string, string>> = {
  nothing: 'nodes: {}\nlinks: []\n',
  'a node alone': 'nodes: { h1: {} }\nlinks: []\n',
  'three cables side by side': 'nodes: { a: {}, b: {} }\nlinks:\n  - { endpoints: [a, b], subnet: auto }\n  - [a, b]\n  - [a, b]\n',
  'a cable with both ends in one node':
    'nodes: { a: {}, b: {} }\nlinks:\n  - { endpoints: [a, a], mtu: 1400 }\n  - { endpoints: [a, b], subnet: auto }\n',
  'a mesh of six': mesh(6),
  'long names and both families': `nodes:
  ${'a-very-long-name-of-a-node'.repeat(2)}: {}
  b: { interfaces: { ${'i'.repeat(15)}: { address: ["2001:db8:1234:5678:9abc:def0:1234:5678/64", 10.0.0.1/8] } } }
links:
  - { endpoints: ["b:${'i'.repeat(15)}", ${'a-very-long-name-of-a-node'.repeat(2)}], delay: 123ms, jitter: 7ms, loss: 12.5% }
`,
  'a star of forty': 'nodes: { "h[1-40]": {} }\nbridges: { lan: { subnet: 10.0.0.0/24 } }\nlinks:\n  - ["h[1-40]", lan]\n',
  'a fat-tree of racks': `nodes: { "h[1-16]-[1-3]": {}, "e[1-16]": { forwarding: true }, "c[1-3]": { forwarding: true } }
links:
  - { endpoints: ["c[1-3]", "e[1-16]"], cross: true, subnet: auto }
${Array.from({ length: 16 }, (_, rack) => `  - { endpoints: ["h${rack + 1}-[1-3]", e${rack + 1}], subnet: auto }`).join('\n')}
`,
}

describe.each([...LABS.map((lab) => [lab, fileOf(lab, 'topology')] as const), ...Object.entries(HARD)])(
  'the picture of %s',
  (_name, file) => {
    const graph = graphOf(sourceOf(file))
    const svg = formatSvg(graph)
    const texts = textsOf(svg)

    test('has no text on another', () => {
      expect(overlaps(texts).map(([one, other]) => `${one.text} / ${other.text}`)).toEqual([])
    })

    test('has all of its texts within its frame', () => {
      const [, width, height] = /viewBox="0 0 (\d+) (\d+)"/.exec(svg) ?? []
      expect(
        texts.filter(({ x, y, ...text }) => x < 0 || y < 0 || x + text.width > Number(width) || y + text.height > Number(height)),
      ).toEqual([])
    })

    test('has no line through a box or a text of others', () => {
      expect(crossings(layoutOf(drawingOf(graph)))).toEqual([])
    })

    test('names every node', () => {
      const shown = new Set(texts.map(({ text }) => text))
      expect(graph.nodes.map(({ name }) => name.replace('@', '')).filter((name) => !shown.has(name))).toEqual([])
    })
  },
)
