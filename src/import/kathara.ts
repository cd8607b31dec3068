/**
 * Kathará (and Netkit): a folder with lab.conf, DEVICE.startup and a folder of files for each device. kathara-lab.conf(5), kathara-lab-dirs(7).
 */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Origin } from '../diagnostic/origin.ts'
import { createLines } from '../topology/lines.ts'
import { carryScript, programOf } from './commands.ts'
import { interfaceOf, newNode, type ForeignLab, type ForeignLink, type ForeignNode, type ReadOptions } from './foreign-lab.ts'
import { takeFile } from './node-files.ts'

/** Of a device, beside its interfaces. What is not here is told. */
const SETTINGS = new Map<string, (node: ForeignNode, value: string) => void>([
  ['image', (node, value) => node.notes.push(`image: ${value}`)],
  ['sysctl', (node, value) => node.sysctls.set(...split(value))],
  ['env', (node, value) => node.env.set(...split(value))],
  ['port', (node, value) => node.ports.push(value)],
])
/** Say how a container is shown or started, which nothing depends on here. */
const MEANINGLESS = new Set(['shell', 'num_terms', 'ipv6', 'privileged', 'privileged_mode', 'num_terminals'])

/** Reads lab.conf and what lies beside it. What cannot be carried over is a warning. */
export function readKathara({ file, text, findings }: ReadOptions): ForeignLab {
  const folder = dirname(file)
  const nodes = new Map<string, ForeignNode>()
  const domains = new Map<string, string[]>()
  const execs: { device: string; node: ForeignNode; command: string; origin: Origin }[] = []
  const name = /^\s*LAB_NAME=["']?(.*?)["']?\s*$/m.exec(text)?.[1]
  for (const [index, line] of text.split('\n').entries()) {
    const origin: Origin = { file, line: index + 1, column: line.search(/\S/) + 1, length: Math.max(1, line.trim().length) }
    if (/^\s*(#|LAB_\w+=|$)/.test(line)) continue
    const setting = settingOf(line)
    if (setting === undefined) {
      findings.error('INVALID_VALUE', origin, `A line of lab.conf is DEVICE[ARGUMENT]=VALUE, and "${line.trim()}" is not.`)
      continue
    }
    const { device, argument, value } = setting
    const node = nodes.get(device) ?? newNode()
    nodes.set(device, node)
    const set = SETTINGS.get(argument)
    if (/^\d+$/.test(argument)) plug(device, node, `eth${argument}`, value, domains)
    else if (set !== undefined) set(node, value)
    else if (argument === 'exec') execs.push({ device, node, command: value, origin })
    else if (!MEANINGLESS.has(argument))
      findings.warning('NOT_CARRIED_OVER', origin, `${device}[${argument}] has no counterpart that could be made of it.`)
  }
  for (const [device, node] of nodes) {
    node.forwarding = node.interfaces.size > 1 // Kathará switches it on in every device
    readDevice(folder, device, node, findings)
  }
  for (const { device, node, command, origin } of execs)
    for (const left of carryScript(node, command)) findings.warning('NOT_CARRIED_OVER', origin, ...programOf(device, left))
  return { ...(name !== undefined && { name }), nodes, ...wire(domains, nodes) }
}

function settingOf(line: string): { device: string; argument: string; value: string } | undefined {
  const [, device, argument, value] = /^\s*([\w.-]+)\[(\w+)\]\s*=\s*(.*?)\s*$/.exec(line) ?? []
  if (device === undefined || argument === undefined || value === undefined) return undefined
  return { device, argument, value: value.replace(/^(["'])(.*)\1$/, '$2') }
}

/** A domain of two is a cable, any other a switch. */
function wire(
  domains: ReadonlyMap<string, readonly string[]>,
  nodes: ReadonlyMap<string, ForeignNode>,
): Pick<ForeignLab, 'bridges' | 'links'> {
  const bridges = new Set([...domains].filter(([, ends]) => ends.length !== 2).map(([domain]) => bridgeName(domain, nodes)))
  const links = [...domains].flatMap(([domain, ends]): ForeignLink[] => {
    const [one = '', other = ''] = ends
    if (ends.length === 2) return [{ endpoints: [one, other] }]
    return ends.map((end) => ({ endpoints: [end, bridgeName(domain, nodes)] }))
  })
  return { bridges, links }
}

/** `r1[0]="A"` or `r1[0]="A/02:00:00:00:00:01"`. */
function plug(device: string, node: ForeignNode, ifname: string, value: string, domains: Map<string, string[]>): void {
  const [domain = '', mac] = value.split('/')
  const link = interfaceOf(node, ifname)
  if (mac !== undefined) link.mac = mac
  const ends = domains.get(domain)
  if (ends === undefined) domains.set(domain, [`${device}:${ifname}`])
  else ends.push(`${device}:${ifname}`)
}

/** A collision domain may be called as a device is. */
function bridgeName(domain: string, nodes: ReadonlyMap<string, ForeignNode>): string {
  return nodes.has(domain) ? `${domain}-lan` : domain
}

function readDevice(folder: string, device: string, node: ForeignNode, findings: ReadOptions['findings']): void {
  for (const script of [join(folder, 'shared.startup'), join(folder, `${device}.startup`)]) {
    if (!existsSync(script)) continue
    const text = readFileSync(script, 'utf8')
    const lines = createLines(text, script)
    for (const command of carryScript(node, text)) {
      const start = Math.max(0, text.indexOf(command)) // blanks in a row are one in the command
      findings.warning('NOT_CARRIED_OVER', lines.origin(start, start + command.length), ...programOf(device, command))
    }
  }
  for (const tree of [join(folder, 'shared'), join(folder, device)]) {
    if (!existsSync(tree) || !statSync(tree).isDirectory()) continue
    for (const path of readdirSync(tree, { recursive: true, encoding: 'utf8' }).sort()) {
      const from = join(tree, path)
      if (statSync(from).isFile() && path !== '.gitkeep') takeFile(node, `/${path}`, from)
    }
  }
}

function split(value: string): [string, string] {
  const at = value.indexOf('=')
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)]
}
