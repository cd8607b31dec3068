// Any network has a picture, of a file or of a lab that runs quite differently from it: nothing of it lies on anything else.
import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { create } from 'xmlbuilder2'
import { drawingOf } from '../../../src/export/drawing.ts'
import type { GraphSource } from '../../../src/export/drawn-network.ts'
import { graphOf } from '../../../src/export/graph.ts'
import { layoutOf } from '../../../src/export/layout.ts'
import { formatPicture } from '../../../src/export/picture.ts'
import { crossings, overlaps, textsOf } from '../../support/picture.ts'
import { asDesired, randomNetwork } from '../../support/random-network.ts'

vi.setConfig({ testTimeout: 120_000 })

/** FC_RUNS looks longer. */
const RUNS = { numRuns: Number(process.env.FC_RUNS ?? 60) }

const sources = fc
  .tuple(randomNetwork, fc.option(randomNetwork, { nil: undefined }))
  .map(([wish, observed]): GraphSource => ({ lab: 'lab', desired: asDesired(wish), ...(observed !== undefined && { observed }) }))

describe('a picture', () => {
  test('has no text on another and no line through what is not its own', async () => {
    await fc.assert(
      fc.asyncProperty(sources, async (source) => {
        const svg = await formatPicture('svg', source)
        expect(overlaps(textsOf(svg)).map(([one, other]) => `${one.text} / ${other.text}`)).toEqual([])
        expect(crossings(layoutOf(drawingOf(graphOf(source))))).toEqual([])
        expect(() => create(svg)).not.toThrow()
      }),
      RUNS,
    )
  })

  test('in words has every node and every cable once', async () => {
    await fc.assert(
      fc.asyncProperty(sources, async (source) => {
        const { nodes, cables, tunnels } = graphOf(source)
        const [mermaid, dot] = await Promise.all([
          formatPicture('mermaid', source),
          formatPicture('dot', source),
          formatPicture('text', source),
        ])
        expect(mermaid.match(/^ {2}n\d+\W/gm) ?? []).toHaveLength(nodes.length + cables.length + tunnels.length)
        expect(dot.match(/ -- /g) ?? []).toHaveLength(cables.length + tunnels.length)
        expect(new Set(cables.map(({ key }) => key)).size).toBe(cables.length)
      }),
      RUNS,
    )
  })

  test('of a network that is as its file has it has nothing wrong', async () => {
    await fc.assert(
      fc.asyncProperty(randomNetwork, async (network) => {
        const { cables, nodes } = graphOf({ lab: 'lab', desired: asDesired(network), observed: network })
        const states = new Set([...cables, ...nodes].map(({ state }) => state))
        expect(['changed', 'extra', 'missing'].filter((state) => states.has(state as never))).toEqual([])
      }),
      RUNS,
    )
  })
})
