/** containerlab: one YAML file (*.clab.yml). https://containerlab.dev/manual/topo-def-file/ */
import { existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Origin } from '../diagnostic/origin.ts'
import { parseYaml } from '../topology/parse-yaml.ts'
import type { Value } from '../topology/value.ts'
import { carryScript, programOf } from './commands.ts'
import { interfaceOf, newNode, type ForeignLab, type ForeignLink, type ForeignNode, type ReadOptions } from './foreign-lab.ts'
import { takeFile } from './node-files.ts'

const BRIDGE_KINDS = new Set(['bridge', 'ovs-bridge'])
/** Kinds whose nodes are Linux, configured by files and commands. */
const LINUX_KINDS = new Set(['linux', 'frr', ''])
/** Merged over each other for a node, as containerlab does: defaults, kind, group, node. */
const MERGED = new Set(['exec', 'binds', 'ports', 'env', 'sysctls'])
/** Of a node; what a container needs and a namespace does not, or what says nothing of the network. */
const MEANINGLESS = new Set(
  (
    'kind group image image-pull-policy labels mgmt-ipv4 mgmt-ipv6 network-mode restart-policy runtime position startup-delay ' +
    'auto-remove memory cpu cpu-set cap-add user dns certificate healthcheck stages wait-for type license'
  ).split(' '),
)

/** `extras` say which daemons to start, which follows from the configuration. */
const FRR_SETTINGS = new Set(['startup-config', 'extras'])

/** The values of each key, those of outer layers first. */
type Settings = ReadonlyMap<string, readonly Value[]>

interface Draft extends ReadOptions {
  readonly nodes: Map<string, ForeignNode>
  readonly bridges: Set<string>
}

/** Reads the topology. What cannot be carried over is a warning. */
export function readContainerlab(options: ReadOptions): ForeignLab {
  const { file, text, findings } = options
  const root = parseYaml(text, file, findings)
  const topology = at(root, 'topology')
  const draft: Draft = { ...options, nodes: new Map(), bridges: new Set() }
  const list = at(topology, 'nodes')
  if (root !== undefined && list?.kind !== 'map')
    findings.error(
      'WRONG_TYPE',
      list?.origin ?? root.origin,
      'A topology of containerlab has `topology: { nodes: { NAME: … } }`, a map by name.',
    )
  const described = [...entriesOf(at(topology, 'nodes'))].map(([name, { key, value }]) => ({
    name,
    key,
    settings: settingsOf(topology, value),
  }))
  for (const { name, settings } of described) {
    if (BRIDGE_KINDS.has(kindOf(settings))) draft.bridges.add(name)
    else draft.nodes.set(name, newNode())
  }
  const links = itemsOf(at(topology, 'links')).flatMap((link) => readLink(link, draft))
  for (const { name, key, settings } of described) {
    const node = draft.nodes.get(name)
    if (node === undefined) continue
    node.forwarding = links.filter(({ endpoints }) => endpoints.some((end) => end.startsWith(`${name}:`))).length > 1 // as in Docker's containers
    if (!LINUX_KINDS.has(kindOf(settings)))
      findings.warning(
        'NOT_CARRIED_OVER',
        key,
        `${name} is of the kind ${kindOf(settings)}, a system of its own: the node made of it is a Linux one.`,
        { hint: 'Its configuration has to be written anew: addresses, routes, or `frr`.' },
      )
    readNode(name, node, settings, options)
  }
  const name = textOf(at(root, 'name'))
  return { ...(name !== undefined && { name }), nodes: draft.nodes, bridges: draft.bridges, links }
}

function settingsOf(topology: Value | undefined, own: Value): Settings {
  const defaults = at(topology, 'defaults')
  const group = at(at(topology, 'groups'), textOf(at(own, 'group')) ?? textOf(at(defaults, 'group')) ?? '')
  const [kindName] = [own, group, defaults].flatMap((layer) => textOf(at(layer, 'kind')) ?? [])
  const settings = new Map<string, Value[]>()
  for (const layer of [defaults, at(at(topology, 'kinds'), kindName ?? ''), group, own])
    for (const [key, { value }] of entriesOf(layer)) settings.set(key, MERGED.has(key) ? [...(settings.get(key) ?? []), value] : [value])
  return settings
}

function kindOf(settings: Settings): string {
  return textOf(settings.get('kind')?.[0]) ?? ''
}

function readNode(name: string, node: ForeignNode, settings: Settings, { file, text, findings }: ReadOptions): void {
  readStartup(node, settings, { file, text, findings })
  readCommands(name, node, settings, findings)
  const image = textOf(settings.get('image')?.[0])
  if (image !== undefined) node.notes.push(`image: ${image}`)
  for (const key of ['env', 'sysctls'] as const)
    for (const [name, { value }] of (settings.get(key) ?? []).flatMap((layer) => [...entriesOf(layer)]))
      node[key].set(name, textOf(value) ?? '')
  const itemsAt = (key: string): Value[] => (settings.get(key) ?? []).flatMap(itemsOf)
  node.ports.push(...itemsAt('ports').flatMap((item) => textOf(item) ?? []))
  for (const item of itemsAt('binds')) bind(node, textOf(item) ?? '', item.origin, { file, findings })
  const isTaken = (key: string): boolean => MEANINGLESS.has(key) || MERGED.has(key) || (FRR_SETTINGS.has(key) && kindOf(settings) === 'frr')
  for (const [key, [value]] of settings)
    if (value !== undefined && !isTaken(key))
      findings.warning('NOT_CARRIED_OVER', value.origin, `"${key}" of ${name} has no counterpart that could be made of it.`)
}

/** Of the kind `frr`, the startup configuration is an integrated one. */
function readStartup(node: ForeignNode, settings: Settings, options: ReadOptions): void {
  const [config] = settings.get('startup-config') ?? []
  if (config !== undefined && kindOf(settings) === 'frr') bind(node, `${textOf(config)}:/etc/frr/frr.conf`, config.origin, options)
}

function readCommands(name: string, node: ForeignNode, settings: Settings, findings: ReadOptions['findings']): void {
  const lists = settings.get('exec') ?? []
  const script = lists.flatMap(itemsOf).map((item) => withoutShell(textOf(item) ?? ''))
  for (const command of carryScript(node, script.join('\n')))
    findings.warning('NOT_CARRIED_OVER', lists[0]?.origin, ...programOf(name, command))
}

/** `HOST:NODE[:ro]`. A directory is mounted, a file is the node's own copy. */
function bind(node: ForeignNode, line: string, origin: Origin, { file, findings }: Pick<ReadOptions, 'file' | 'findings'>): void {
  const [host = '', path = '', options = ''] = line.split(':')
  const from = resolve(dirname(file), host.replace(/^~/, process.env['HOME'] ?? '~'))
  if (!existsSync(from)) return findings.warning('NOT_CARRIED_OVER', origin, `${host} is not there, so nothing was made of it.`)
  if (statSync(from).isDirectory()) node.mounts.set(path, { from, ro: options.split(',').includes('ro') })
  else takeFile(node, path, from)
}

/** Of `sh -c "ip route add …"`, what stands in the quotes. */
function withoutShell(line: string): string {
  return /^(?:\/bin\/)?(?:ba)?sh -l?c (['"])(.*)\1$/s.exec(line.trim())?.[2] ?? line
}

/** `endpoints: ["a:eth1", "b:eth1"]`, or the long form with `type: veth` and a map for each endpoint. */
function readLink(link: Value, draft: Draft): ForeignLink[] {
  const type = textOf(at(link, 'type')) ?? 'veth'
  const ends = itemsOf(at(link, 'endpoints')).map((end) => readEnd(end, draft))
  const [one, other] = ends
  if (type !== 'veth' || ends.length !== 2 || one === undefined || other === undefined) {
    draft.findings.warning(
      'NOT_CARRIED_OVER',
      link.origin,
      'This is no cable between two nodes, or a node and a bridge: nothing was made of it.',
      {
        hint: 'An end on this machine is { host: NAME }; an interface of it, { external: NAME }.',
      },
    )
    return []
  }
  const mtu = Number(textOf(at(link, 'mtu')))
  return [{ endpoints: [one, other], ...(mtu > 0 && { mtu }) }]
}

/** The endpoint in our words; undefined where it is not in the lab. What the long form says of the interface is taken over. */
function readEnd(end: Value, { nodes, bridges }: Draft): string | undefined {
  const [short = '', ifname = ''] = (textOf(end) ?? `${textOf(at(end, 'node'))}:${textOf(at(end, 'interface'))}`).split(':')
  if (bridges.has(short)) return short
  const node = nodes.get(short)
  if (node === undefined || ifname === '') return undefined
  const link = interfaceOf(node, ifname)
  const mac = textOf(at(end, 'mac'))
  if (mac !== undefined) link.mac = mac
  link.addresses.push(...['ipv4', 'ipv6'].flatMap((key) => textOf(at(end, key)) ?? []))
  return `${short}:${ifname}`
}

type Entries = Extract<Value, { kind: 'map' }>['entries']

function entriesOf(value: Value | undefined): Entries {
  return value?.kind === 'map' ? value.entries : new Map()
}

function at(value: Value | undefined, key: string): Value | undefined {
  return entriesOf(value).get(key)?.value
}

function itemsOf(value: Value | undefined): readonly Value[] {
  if (value === undefined) return []
  return value.kind === 'list' ? value.items : [value]
}

function textOf(value: Value | undefined): string | undefined {
  return value?.kind === 'scalar' && value.value !== null ? value.text : undefined
}
