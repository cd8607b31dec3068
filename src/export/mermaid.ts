// A picture for Markdown: a flowchart of Mermaid, which GitHub and GitLab draw. https://mermaid.js.org/syntax/flowchart.html
import { shownName, type Role, type State } from './drawn-network.ts'
import type { Graph, GraphNode } from './graph.ts'

/** Brackets around a label, which make the shape. */
const SHAPES: Readonly<Record<Role, readonly [string, string]>> = {
  host: ['(', ')'],
  router: ['([', '])'],
  bridge: ['{{', '}}'],
  internet: ['[[', ']]'],
}

/** Of links and nodes that are not as they should be. Solid lines and what Mermaid chooses for them stay as they are. */
const STYLES: Readonly<Partial<Record<State, string>>> = {
  changed: 'stroke:#8f5b00,stroke-width:3px',
  extra: 'stroke:#0e6b7c,stroke-width:3px',
  'no carrier': 'stroke:#b3261e,stroke-dasharray:7 5',
  down: 'stroke:#b3261e,stroke-dasharray:2 5',
  missing: 'stroke:#6b7280,stroke-dasharray:1 9',
}

/** `A -- text --- B` for cables, thick ones for several VLANs or a bond, dotted ones for tunnels. */
export function formatMermaid(graph: Graph): string {
  const ids = new Map(graph.nodes.map(({ name }, index) => [name, `n${index}`]))
  const id = (name: string): string => ids.get(name)!
  const links = [
    ...graph.cables.map(({ a, b, subnets, words, isTrunk, state }) => ({
      words: `${id(a.node)} ${isTrunk ? '===' : '---'}${labelOf([endText(a.words), [...subnets, ...words].join('\n'), endText(b.words)])} ${id(b.node)}`,
      state,
    })),
    ...graph.tunnels.map(({ a, b, kind, subnets }) => ({
      words: `${id(a.node)} -.-${labelOf([kind, ...subnets])} ${id(b.node)}`,
      state: 'plain' as const,
    })),
  ]
  const styles = links.flatMap(({ state }, index) => (STYLES[state] === undefined ? [] : [`linkStyle ${index} ${STYLES[state]}`]))
  const lines = [
    'flowchart TB',
    ...graph.nodes.map((node) => nodeLine(node, id(node.name))),
    ...links.map(({ words }) => words),
    ...styles,
    ...graph.nodes.flatMap(({ name, state }) => (STYLES[state] === undefined ? [] : [`style ${id(name)} ${STYLES[state]}`])),
  ]
  return `${lines.map((line, index) => (index === 0 ? line : `  ${line}`)).join('\n')}\n`
}

/** Name and address of an end on one line: a link of Mermaid has one text. */
function endText(words: readonly string[]): string {
  return words.join(' ')
}

function labelOf(texts: readonly string[]): string {
  const shown = texts.filter((text) => text !== '')
  return shown.length === 0 ? '' : `|${quoted(shown.join('\n'))}|`
}

function nodeLine({ name, role, trouble, lines }: GraphNode, id: string): string {
  const [open, close] = SHAPES[role]
  const texts = [shownName(name), ...(trouble === undefined ? [] : [trouble]), ...lines]
  return `${id}${open}${quoted(texts.join('\n'))}${close}`
}

/** In quotes, what Mermaid or HTML could take for theirs goes by its number: `#35;` is the hash that begins such numbers. */
function quoted(text: string): string {
  const escaped = text.split('\n').map((line) => line.replace(/[^A-Za-z0-9 ./:,_–→←-]/gu, (char) => `#${char.codePointAt(0)!};`))
  return `"${escaped.join('<br>')}"`
}
