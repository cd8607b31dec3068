// What shapes and lines of a picture mean; only those that it has.
import { ICON, TEXT, textWidth, type Drawing, type Size } from './drawing.ts'
import { STATES, type Role } from './drawn-network.ts'
import type { Graph } from './graph.ts'
import { iconOf } from './svg-shape.ts'
import { LINE_STYLES, stateClass } from './svg-style.ts'
import { drawText, type Element } from './svg-text.ts'

interface Legend extends Size {
  draw(parent: Element): void
}

interface Entry {
  readonly words: string
  readonly draw: (parent: Element) => void
}

const ROLES: readonly Role[] = ['host', 'router', 'bridge', 'internet']
const SAMPLE = 34
const GAP = 18
const MARGIN = 16
/** A narrow picture has a legend of several rows, no wider than this. */
const LEAST_WIDTH = 420

export function legendOf(graph: Graph, drawing: Drawing, { width }: Size): Legend {
  const entries = entriesOf(graph, drawing)
  const most = Math.max(width, LEAST_WIDTH) - MARGIN
  const places: { readonly entry: Entry; readonly x: number; readonly y: number }[] = []
  let [x, y, right] = [MARGIN, 6, 0]
  for (const entry of entries) {
    const taken = SAMPLE + textWidth(entry.words)
    if (x > MARGIN && x + taken > most) [x, y] = [MARGIN, y + TEXT.line + 4]
    places.push({ entry, x, y })
    right = Math.max(right, x + taken)
    x += taken + GAP
  }
  return {
    width: right + MARGIN,
    height: y + TEXT.line + 10,
    draw: (parent) => {
      for (const { entry, x: left, y: top } of places) {
        entry.draw(parent.ele('g', { transform: `translate(${left} ${top})` }))
        drawText(parent, entry.words, { x: left + SAMPLE, y: top, ...TEXT })
      }
    },
  }
}

function entriesOf({ nodes, cables, tunnels }: Graph, { isTerse }: Drawing): Entry[] {
  const roles = ROLES.filter((role) => nodes.some((node) => node.role === role))
  const states = STATES.filter((state) => cables.some((cable) => cable.state === state))
  const sample = (className: string) => (parent: Element) => {
    parent.ele('path', { class: `way ${className}`, d: `M0 8h${SAMPLE - 6}` })
  }
  const trunk = (parent: Element): void => {
    sample('plain trunk')(parent)
    sample('inner')(parent)
  }
  return [
    ...roles.map((role) => ({
      words: role,
      draw: (parent: Element) => {
        const group = parent.ele('g', { class: role, transform: `translate(${SAMPLE - ICON} 0)` })
        group.ele('path', { class: 'icon', d: iconOf(role) })
      },
    })),
    ...states.map((state) => ({ words: LINE_STYLES[state].words, draw: sample(stateClass(state)) })),
    ...(cables.some(({ isTrunk }) => isTrunk) ? [{ words: 'bond, or several VLANs', draw: trunk }] : []),
    ...(tunnels.length > 0 ? [{ words: 'tunnel', draw: sample('tunnel') }] : []),
    ...(isTerse ? [{ words: 'interfaces: with --format html or text', draw: () => undefined }] : []),
  ]
}
