/** A lab that was read → the text of a topology.yaml, short where the file format allows it. */
import { relative } from 'node:path'
import { Document, isMap, isScalar, isSeq, visit } from 'yaml'
import { labNameProblem } from '../unit/hostname.ts'
import type { ForeignInterface, ForeignLab, ForeignNode } from './foreign-lab.ts'

/** Lines longer than this are broken up, where a list or map stands in one. */
const WIDTH = 140

/** `folder` is where the text will lie: the paths in it are relative to that. */
export function writeTopology(lab: ForeignLab, folder: string, source: string): string {
  const nodes = Object.fromEntries([...lab.nodes].map(([name, node]) => [name, nodeOf(node, folder)]))
  const links = lab.links.map(({ endpoints, mtu }) => (mtu === undefined ? endpoints : { endpoints, mtu }))
  const document = new Document({
    ...(lab.name !== undefined && { name: labNameOf(lab.name) }),
    nodes,
    ...(lab.bridges.size > 0 && { bridges: Object.fromEntries([...lab.bridges].sort().map((name) => [name, {}])) }),
    ...(links.length > 0 && { links }),
  })
  document.commentBefore = ` Made from ${source} by netlab import.`
  visit(document, {
    Pair(_key, pair, path) {
      // The entries of nodes, bridges and interfaces, and each link, in one line where they fit.
      const depth = path.length
      if ((isMap(pair.value) || isSeq(pair.value)) && depth > 3 && JSON.stringify(pair.value).length < WIDTH) pair.value.flow = true
      return undefined
    },
    Seq(_key, sequence) {
      for (const item of sequence.items) if (isSeq(item) || isMap(item)) item.flow = true
    },
    Map(_key, map) {
      if (map.items.length === 0) map.flow = true
    },
  })
  for (const [name, { notes }] of lab.nodes) {
    const pair = document.getIn(['nodes', name], true)
    if (notes.length > 0 && (isMap(pair) || isScalar(pair))) pair.commentBefore = notes.map((note) => ` ${note}`).join('\n')
  }
  return document.toString({ lineWidth: 0, flowCollectionPadding: true })
}

/** Titles may have blanks and whatever else. */
function labNameOf(title: string): string {
  return labNameProblem(title) === undefined
    ? title
    : title
        .replace(/[^A-Za-z0-9]+/g, '-')
        .replace(/^-|-$/g, '')
        .slice(0, 40) || 'lab'
}

function nodeOf(node: ForeignNode, folder: string): Record<string, unknown> {
  const path = (from: string): string => relative(folder, from) || '.'
  const interfaces = [...node.interfaces].flatMap(([ifname, link]) => {
    const said = interfaceOf(link)
    return Object.keys(said).length === 0 ? [] : [[ifname, said] as const]
  })
  return withoutEmpty({
    forwarding: node.forwarding || undefined,
    interfaces: Object.fromEntries(interfaces),
    loopback: node.loopback,
    routes: node.routes,
    rules: node.rules,
    sysctls: Object.fromEntries(node.sysctls),
    iptables: node.iptables,
    ip6tables: node.ip6tables,
    env: Object.fromEntries(node.env),
    files: Object.fromEntries(
      [...node.files].map(([at, { from, mode }]) => [at, { from: path(from), ...(mode !== undefined && { mode }) }]),
    ),
    mounts: Object.fromEntries([...node.mounts].map(([at, { from, ro }]) => [at, { from: path(from), ...(ro && { ro }) }])),
    ports: node.ports,
    frr: [...node.frr.values()].map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join(''),
    setup: node.setup,
  })
}

function interfaceOf({ addresses, mac, mtu, isDown }: ForeignInterface): Record<string, unknown> {
  return withoutEmpty({
    address: addresses.length === 1 ? addresses[0] : addresses,
    mac,
    mtu,
    state: isDown === true ? 'down' : undefined,
  })
}

function withoutEmpty(entries: Record<string, unknown>): Record<string, unknown> {
  const isSaid = (value: unknown): boolean =>
    value !== undefined && value !== '' && !(typeof value === 'object' && value !== null && Object.keys(value).length === 0)
  return Object.fromEntries(Object.entries(entries).filter(([, value]) => isSaid(value)))
}
