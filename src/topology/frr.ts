/**
 * `frr` of a node: FRRouting's daemons as services, with the node's own /etc/frr. docs.frrouting.org.
 *
 * Each daemon runs in the foreground as root of the node, which has no rights but those that daemons keep: a user namespace without
 * subordinate ids has no other user. FRR wants its user in the group frrvty, so the node's /etc/group says that root is. When a daemon
 * listens, vtysh hands it its part of the integrated configuration, and the service is ready when that was accepted.
 */
import { hash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { didYouMean } from '../diagnostic/suggest.ts'
import { isWithin, type MountState } from '../state/mount.ts'
import type { FileState, SysctlState } from '../state/network.ts'
import { daemonConfig } from './daemon-config.ts'
import type { DaemonConfig } from './daemon-config.ts'
import { fileState } from './files.ts'
import type { Findings } from './findings.ts'
import type { ServiceSettings } from './services.ts'
import { asScalar, scalarAt, valueAt } from './value.ts'
import type { MapValue } from './value.ts'

/** Daemons beside zebra, and the lines of an integrated configuration that are for them. */
const DAEMONS: ReadonlyMap<string, RegExp> = new Map([
  ['mgmtd', /^(?!)/],
  ['staticd', /^ ?ip(?:v6)? m?route /],
  ['bfdd', /^bfd$|\bbfd\b/],
  ['ospfd', /^router ospf(?: |$)|^ ip ospf /],
  ['ospf6d', /^router ospf6(?: |$)|^ ipv6 ospf6 /],
  ['bgpd', /^router bgp /],
  ['isisd', /^router isis /],
  ['ripd', /^router rip$/],
  ['ripngd', /^router ripng$/],
  ['eigrpd', /^router eigrp /],
  ['babeld', /^router babel$/],
  ['fabricd', /^router openfabric /],
  ['pimd', /^ip pim|^ ip (?:pim|igmp)/],
  ['ldpd', /^mpls ldp$/],
  ['nhrpd', /^ ip(?:v6)? nhrp /],
  ['pbrd', /^pbr-map /],
  ['vrrpd', /^ vrrp /],
  ['pathd', /^segment-routing$/],
])
const FOLDER = '/usr/lib/frr'
const CONFIG_MODE = 0o640

/** What a service of FRR calls, with the daemon's name. */
export const FRR_START = '/run/frr/start'
/** vtysh says what it does not accept, with the line's number, and the daemon goes. */
const START_SCRIPT = `#!/bin/sh
rm -f /run/frr/$1.configured /run/frr/$1.vty
(until [ -S /run/frr/$1.vty ]; do sleep 0.05; done
if vtysh -b -d "$1"; then touch /run/frr/$1.configured; else kill $$; fi) &
exec ${FOLDER}/$1 -u root -g root -f /dev/null -A 127.0.0.1 --log stdout
`

/** Absolute paths where FRR keeps crash logs and, from 10 on, its state: as the machine's, nodes would fill them, and meet there. */
const STATE_FOLDERS = ['/var/lib/frr', '/var/tmp']

const FORWARDING = /^(no )?(ip|ipv6) forwarding$/
const IP_FORWARD = 'net.ipv4.ip_forward'
const FORWARDING_SYSCTLS: ReadonlyMap<string, string> = new Map([
  ['ip', IP_FORWARD],
  ['ipv6', 'net.ipv6.conf.all.forwarding'],
])

export interface FrrSettings {
  readonly config: DaemonConfig
  readonly usesIpv6: boolean
  /** What zebra sets by itself when it reads `ip forwarding` or `no ipv6 forwarding`. */
  readonly sysctls: ReadonlyMap<string, SysctlState>
  /** zebra first. */
  readonly daemons: readonly string[]
}

export function readFrr(settings: MapValue, findings: Findings): FrrSettings | undefined {
  const value = valueAt(settings, 'frr')
  if (value === undefined || (value.kind === 'scalar' && value.value === null)) return undefined
  const named: string[] = []
  const parts = value.kind === 'map' ? [...value.entries].map(([, entry]) => asScalar(entry.value)) : [asScalar(value)]
  for (const [daemon, { key }] of value.kind === 'map' ? value.entries : []) {
    if (daemon === 'zebra' || DAEMONS.has(daemon)) named.push(daemon)
    else findings.error('INVALID_VALUE', key, `"${daemon}" is not a daemon of FRR.${didYouMean(daemon, ['zebra', ...DAEMONS.keys()])}`)
  }
  const config = daemonConfig('frr', parts, value.origin)
  const lines = config.text.split('\n').map((line) => line.trimEnd())
  const sysctls = readSysctls(lines, config)
  checkForwarding(settings, sysctls, findings)
  const asked = [...DAEMONS].filter(([daemon, pattern]) => named.includes(daemon) || lines.some((line) => pattern.test(line)))
  return {
    config,
    usesIpv6: lines.some((line) => /^router ospf6|^router ripng|\bipv6\b/.test(line) && !FORWARDING.test(line)),
    sysctls,
    daemons: ['zebra', ...asked.map(([daemon]) => daemon)],
  }
}

/** Said to be the node's own, too: else the next look would find that zebra has changed them. */
function readSysctls(lines: readonly string[], { lineOrigins }: DaemonConfig): Map<string, SysctlState> {
  const sysctls = new Map<string, SysctlState>()
  for (const [index, line] of lines.entries()) {
    const [, no, protocol] = FORWARDING.exec(line) ?? []
    const name = protocol === undefined ? undefined : FORWARDING_SYSCTLS.get(protocol)
    if (name !== undefined) sysctls.set(name, { value: no === undefined ? '1' : '0', origin: lineOrigins[index]! })
  }
  return sysctls
}

function checkForwarding(settings: MapValue, sysctls: ReadonlyMap<string, SysctlState>, findings: Findings): void {
  const own = scalarAt(settings, 'forwarding')
  const said = sysctls.get(IP_FORWARD)
  if (own === undefined || own.value === null || said === undefined || own.value === (said.value === '1')) return
  const detail = `The node has \`forwarding: ${own.text}\`, and zebra makes net.ipv4.ip_forward ${said.value}.`
  findings.error('CONFLICTING_VALUES', said.origin ?? own.origin, detail)
}

/** Directories of the node's own, where the file mounts nothing else. */
export function frrMounts({ config }: FrrSettings, mounts: ReadonlyMap<string, MountState>): Map<string, MountState> {
  const free = STATE_FOLDERS.filter((folder) => existsSync(folder) && ![...mounts.keys()].some((path) => isWithin(path, folder)))
  return new Map(free.map((folder) => [folder, { kind: 'tmpfs', origin: config.origin }]))
}

/** Files that only this node sees. */
export function frrFiles({ config }: FrrSettings): Map<string, FileState> {
  const files = new Map([
    ['/etc/frr/frr.conf', fileState(config.text, CONFIG_MODE, config.origin)],
    ['/etc/frr/vtysh.conf', fileState('service integrated-vtysh-config\n', CONFIG_MODE, config.origin)],
    [FRR_START, fileState(START_SCRIPT, 0o755, config.origin)],
  ])
  const groups = existsSync('/etc/group') ? readFileSync('/etc/group', 'utf8') : ''
  const withRoot = groups.replace(/^frrvty:.*$/m, (line) =>
    /[:,]root(?:,|$)/.test(line) ? line : `${line}${line.endsWith(':') ? '' : ','}root`,
  )
  if (withRoot !== groups) files.set('/etc/group', fileState(withRoot, undefined, config.origin))
  return files
}

/** One service for each daemon, named after it. */
export function frrServices(frr: FrrSettings): Map<string, ServiceSettings> {
  const { origin, text } = frr.config
  return new Map(
    frr.daemons.map((daemon) => [
      daemon,
      {
        origin,
        argv: [FRR_START, daemon],
        // A configuration that has changed must restart it.
        env: { FRR_CONFIG_DIGEST: hash('sha256', text).slice(0, 16) },
        cwd: '/run/frr', // where a "log file" without a folder goes
        restart: 'no',
        stopSignal: 'SIGTERM',
        stopTimeoutMs: 5000,
        ready: { tcp: [], udp: [], file: `/run/frr/${daemon}.configured`, timeoutMs: 60_000 },
        after: daemon === 'zebra' ? [] : ['zebra'],
        // FRR's daemons refuse to start without it; what it is for, namespaces of VRFs, is not used here.
        capabilities: ['SYS_ADMIN'],
      },
    ]),
  )
}
