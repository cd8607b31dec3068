/** What a node takes from the file as it stands: sysctls, files, rulesets, commands, environment, names. Read once for all nodes of a range. */
import type { SetupCommand, SysctlState } from '../state/network.ts'
import type { RulesetTool } from '../state/network.ts'
import { parseAddress } from '../unit/address.ts'
import { ifnameProblem } from '../unit/ifname.ts'
import { readFiles } from './files.ts'
import type { Findings } from './findings.ts'
import { frrFiles, frrMounts, frrServices, readFrr } from './frr.ts'
import { birdFiles, birdServices, readBird } from './bird.ts'
import { argvOf, readEnv } from './command.ts'
import { readCapabilities } from './rights.ts'
import { readIsolation } from './isolation.ts'
import { readLimits } from './limits.ts'
import { nftInput, rulesetInput } from './ruleset.ts'
import type { RulesetInput } from './ruleset.ts'
import { readTree, treeEnvironment, withInnerLast } from './roots.ts'
import { readServices } from './services.ts'
import type { NodeSettings } from './topology.ts'
import { asScalar, itemsAt, itemsOf, mapAt, textsAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue } from './value.ts'

export function createSettingsReader(findings: Findings): (settings: MapValue) => NodeSettings {
  const known = new WeakMap<MapValue, NodeSettings>()
  return (settings) => {
    const before = known.get(settings)
    if (before !== undefined) return before
    const read = readSettings(settings, findings)
    known.set(settings, read)
    return read
  }
}

function readSettings(settings: MapValue, findings: Findings): NodeSettings {
  const dns = valueAt(settings, 'dns')
  const limits = valueAt(settings, 'limits')
  const capabilities = readCapabilities(settings, findings)
  const daemons = readDaemons(settings, findings)
  const files = new Map([...daemons.files, ...readFiles(settings, findings)])
  const tree = readTree(settings, files, findings)
  const hasOwnPrograms = tree.root !== undefined && tree.root.kind !== 'machine'
  return {
    sysctls: new Map([...daemons.sysctls, ...readSysctls(settings, findings)]),
    files,
    ...(tree.root !== undefined && { root: tree.root }),
    mounts: daemons.withMounts(tree.mounts),
    rulesets: readRulesets(settings, findings),
    setup: readSetup(settings),
    services: new Map([...daemons.services, ...readServices(settings, tree.image, findings)]),
    // This machine's tools cannot speak for another release's.
    configs: hasOwnPrograms ? [] : daemons.configs,
    usesIpv6: daemons.usesIpv6,
    env: { ...treeEnvironment(tree), ...readEnv(mapAt(settings, 'env'), findings) },
    isolation: readIsolation(settings, findings),
    limits: readLimits(settings, findings),
    ...(limits !== undefined && { limitsOrigin: limits.origin }),
    ...(capabilities !== undefined && { capabilities }),
    hosts: readHosts(settings, findings),
    dns: readDns(settings, findings),
    ...(dns === undefined ? {} : { dnsOrigin: dns.origin }),
  }
}

interface Daemons extends Pick<NodeSettings, 'sysctls' | 'files' | 'services' | 'configs' | 'usesIpv6'> {
  /** The node's own mounts and those of the daemons, as they are mounted. */
  readonly withMounts: (mounts: NodeSettings['mounts']) => NodeSettings['mounts']
}

/** What `frr` and `bird` bring to the node; its own settings of the same name win. */
function readDaemons(settings: MapValue, findings: Findings): Daemons {
  const frr = readFrr(settings, findings)
  const bird = readBird(settings)
  return {
    sysctls: frr?.sysctls ?? new Map(),
    files: new Map([...(frr === undefined ? [] : frrFiles(frr)), ...(bird === undefined ? [] : birdFiles(bird))]),
    services: new Map([...(frr === undefined ? [] : frrServices(frr)), ...(bird === undefined ? [] : birdServices(bird))]),
    configs: [frr?.config, bird].filter((config) => config !== undefined),
    usesIpv6: frr?.usesIpv6 === true,
    withMounts: (mounts) => (frr === undefined ? mounts : withInnerLast([...mounts, ...frrMounts(frr, mounts)])),
  }
}

function readRulesets(settings: MapValue, findings: Findings): Map<RulesetTool, RulesetInput> {
  const rulesets = new Map<RulesetTool, RulesetInput>()
  for (const tool of ['iptables', 'ip6tables'] as const) {
    const input = rulesetInput(textsAt(settings, tool), findings)
    if (input !== undefined) rulesets.set(tool, input)
  }
  const nftables = nftInput(textsAt(settings, 'nftables'))
  if (nftables !== undefined) rulesets.set('nftables', nftables)
  return rulesets
}

/** By the name that the state uses: dots between the parts, `/` for a dot inside an ifname. */
function readSysctls(settings: MapValue, findings: Findings): Map<string, SysctlState> {
  const sysctls = new Map<string, SysctlState>()
  for (const [key, entry] of mapAt(settings, 'sysctls')?.entries ?? []) {
    const name = sysctlName(key)
    const problem = sysctlProblem(name)
    if (problem !== undefined) {
      findings.error('INVALID_VALUE', entry.key, `"${key}" ${problem}.`)
      continue
    }
    const { value, text } = asScalar(entry.value)
    // As /proc/sys shows it: several numbers with tabs between them.
    const shown = typeof value === 'boolean' ? (value ? '1' : '0') : text.trim().replace(/\s+/g, '\t')
    sysctls.set(name, { value: shown, origin: entry.value.origin })
  }
  return sysctls
}

/** sysctl(8): the first separator decides; with `/` first, dots are part of a name, and the other way round. */
function sysctlName(key: string): string {
  const first = /[./]/.exec(key)?.[0]
  return first === '/' ? key.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/')) : key
}

function sysctlProblem(name: string): string | undefined {
  const parts = name.split('.')
  if (parts.length < 2 || parts.some((part) => part === '' || part === '/' || part === '//' || !/^[\w/@~:+-]+$/.test(part))) {
    return 'is not the name of a sysctl, e.g. net.ipv4.conf.all.rp_filter'
  }
  // Everything outside net.* belongs to the machine, not to the node; writing it as root would change the host.
  if (parts[0] !== 'net') return 'is not a setting of a network: a node has those that begin with "net."'
  return undefined
}

function readSetup(settings: MapValue): SetupCommand[] {
  return itemsAt(settings, 'setup').map((item) => ({ argv: argvOf(item), origin: item.origin }))
}

/** Lines `address name …`. The file may map names to addresses, addresses to names, or give the lines. */
function readHosts(settings: MapValue, findings: Findings): string[] {
  const value = valueAt(settings, 'hosts')
  if (value?.kind !== 'map') return itemsOf(value).flatMap((item) => readHostsLine(asScalar(item), findings))
  const lines: string[] = []
  for (const [key, entry] of value.entries) {
    const others = itemsOf(entry.value).map(asScalar)
    const address = parseAddress(key)
    if (address !== undefined) lines.push([address.text, ...others.map((other) => other.text)].join(' '))
    else for (const other of others) lines.push(...readHostsLine({ ...other, text: `${other.text} ${key}` }, findings))
  }
  return lines
}

function readHostsLine(line: ScalarValue, findings: Findings): string[] {
  const [address = '', ...names] = line.text.trim().split(/\s+/)
  const parsed = parseAddress(address)
  if (parsed !== undefined && names.length > 0) return [[parsed.text, ...names].join(' ')]
  findings.error(
    'INVALID_VALUE',
    line.origin,
    `"${line.text}" is not an entry of a hosts file: an address and names are wanted, e.g. 10.0.0.5 db.`,
  )
  return []
}

/** Lines of resolv.conf(5). */
function readDns(settings: MapValue, findings: Findings): string[] {
  const value = valueAt(settings, 'dns')
  const isMap = value?.kind === 'map'
  const servers = isMap ? textsAt(value, 'servers') : itemsOf(value).map(asScalar)
  const lines = servers.flatMap((server) => {
    const [address = '', zone] = server.text.split('%')
    const parsed = parseAddress(address)
    if (parsed !== undefined && (zone === undefined || ifnameProblem(zone) === undefined)) return [`nameserver ${server.text}`]
    findings.error('INVALID_VALUE', server.origin, `"${server.text}" is not the address of a name server.`)
    return []
  })
  if (!isMap) return lines
  for (const key of ['search', 'options'] as const) {
    const words = textsAt(value, key).map((word) => word.text)
    if (words.length > 0) lines.push(`${key} ${words.join(' ')}`)
  }
  return lines
}
