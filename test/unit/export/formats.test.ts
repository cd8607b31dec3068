/** Each lab of the course in the formats for other programs: read by them, or by the part of their grammar that netlab writes. */
import { spawnSync } from 'node:child_process'
import { describe, expect, test } from 'vitest'
import { displayWidth } from '../../../src/diagnostic/picture.ts'
import { graphOf } from '../../../src/export/graph.ts'
import { formatPicture } from '../../../src/export/picture.ts'
import { fileOf, LABS } from '../../support/course.ts'
import { needs } from '../../support/needs.ts'
import { sourceOf } from '../../support/picture.ts'

const ID = String.raw`n\d+`
const TEXT = String.raw`"(?:[A-Za-z0-9 ./:,_–→←-]|#\d+;|<br>)*"`
const STYLE = String.raw`stroke:#[0-9a-f]{6}(?:,stroke-(?:width:\d+px|dasharray:\d+ \d+))`

/**
 * The flowcharts that netlab writes: https://mermaid.js.org/syntax/flowchart.html. Mermaid's own parser wants a browser; it has read what
 * these rules allow.
 */
const MERMAID_LINES = [
  String.raw`${ID}(?:\(${TEXT}\)|\(\[${TEXT}\]\)|\{\{${TEXT}\}\}|\[\[${TEXT}\]\])`,
  String.raw`${ID} (?:---|===|-\.-)(?:\|${TEXT}\|)? ${ID}`,
  `(?:linkStyle \\d+|style ${ID}) ${STYLE}`,
].map((rule) => new RegExp(`^  ${rule}$`))

describe.each(LABS)('%s', (lab) => {
  const source = sourceOf(fileOf(lab, 'topology'))

  test('as text is the same each time, and no wider than a terminal', async () => {
    const text = await formatPicture('text', source)
    expect(await formatPicture('text', sourceOf(fileOf(lab, 'topology')))).toBe(text)
    expect(text.split('\n').filter((line) => displayWidth(line) > 80)).toEqual([])
  })

  test('as Mermaid is within its rules, with every node, cable and tunnel', async () => {
    const [head, ...lines] = (await formatPicture('mermaid', source)).trimEnd().split('\n')
    expect(head).toBe('flowchart TB')
    expect(lines.filter((line) => !MERMAID_LINES.some((rule) => rule.test(line)))).toEqual([])
    const { nodes, cables, tunnels } = graphOf(source)
    expect(lines).toHaveLength(nodes.length + cables.length + tunnels.length)
  })

  test('as DOT is drawn by Graphviz', async (context) => {
    needs(context, 'command:dot')
    const { status, stderr, stdout } = spawnSync('dot', ['-Tplain'], { input: await formatPicture('dot', source), encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    const { nodes, cables, tunnels } = graphOf(source)
    expect(stdout.match(/^node /gm)).toHaveLength(nodes.length)
    expect(stdout.match(/^edge /gm)).toHaveLength(cables.length + tunnels.length)
  })
})
