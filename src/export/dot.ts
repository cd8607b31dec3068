// A picture for Graphviz, which lays it out itself. https://graphviz.org/doc/info/lang.html
import { shownName, type Role, type State } from './drawn-network.ts'
import type { Graph, GraphNode } from './graph.ts'
import type { GraphCable } from './graph-cable.ts'
import type { GraphTunnel } from './graph-tunnel.ts'

const SHAPES: Readonly<Record<Role, string>> = {
  host: 'shape=box, style=rounded',
  router: 'shape=ellipse, penwidth=2',
  bridge: 'shape=octagon',
  internet: 'shape=box, peripheries=2',
}

const STATES: Readonly<Record<State, string>> = {
  plain: '',
  up: '',
  changed: ', style=bold, color="#8f5b00", fontcolor="#8f5b00"',
  extra: ', style=bold, color="#0e6b7c", fontcolor="#0e6b7c"',
  'no carrier': ', style=dashed, color="#b3261e", fontcolor="#b3261e"',
  down: ', style=dotted, color="#b3261e", fontcolor="#b3261e"',
  missing: ', style=dotted, color="#6b7280", fontcolor="#6b7280"',
}

export function formatDot(graph: Graph): string {
  const lines = [
    `graph ${quoted(graph.lab)} {`,
    '  graph [overlap=false, nodesep=0.6, ranksep=1];',
    '  node [fontname="monospace", fontsize=11];',
    '  edge [fontname="monospace", fontsize=9];',
    ...graph.nodes.map(nodeLine),
    ...graph.cables.map(cableLine),
    ...graph.tunnels.map(tunnelLine),
    '}',
  ]
  return `${lines.join('\n')}\n`
}

function nodeLine({ name, role, state, trouble, lines }: GraphNode): string {
  const label = [shownName(name), ...(trouble === undefined ? [] : [trouble]), ...lines]
  const stated = STATES[state].replace(/, style=\w+/, '')
  return `  ${quoted(name)} [${SHAPES[role]}, label=${quoted(label.join('\n'))}${stated}];`
}

function cableLine({ a, b, state, subnets, words, isTrunk }: GraphCable): string {
  const at = (name: string, texts: readonly string[]): string => (texts.length === 0 ? '' : `, ${name}=${quoted(texts.join('\n'))}`)
  const drawn = `${at('taillabel', a.words)}${at('headlabel', b.words)}${at('label', [...subnets, ...words])}`
  const attributes = `${drawn}${isTrunk ? ', penwidth=3' : ''}${STATES[state]}`.slice(2)
  return `  ${quoted(a.node)} -- ${quoted(b.node)} [${attributes}];`
}

function tunnelLine({ a, b, kind, subnets }: GraphTunnel): string {
  const label = quoted([kind, ...subnets].join('\n'))
  return `  ${quoted(a.node)} -- ${quoted(b.node)} [label=${label}, style=dashed, color="#6d28d9", fontcolor="#6d28d9", constraint=false];`
}

/** In quotes only the quote and the backslash mean something; HTML entities are read everywhere. */
function quoted(text: string): string {
  const escaped = text.split('\n').map((line) => line.replaceAll('&', '&amp;').replace(/["\\]/g, '\\$&'))
  return `"${escaped.join('\\n')}"`
}
