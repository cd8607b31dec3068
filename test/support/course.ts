/** The labs of topologies/, what each needs of the machine, and how its tests end. */
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, type TestContext } from 'vitest'
import { runFile, type RunOptions } from '../../src/check/run-file.ts'
import { down, up, validate } from '../../src/index.ts'
import { needs, type Requirement } from './needs.ts'

const folder = fileURLToPath(new URL('../../topologies', import.meta.url))
export const LABS = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'topology.yaml')))

const FRR = ['command:vtysh', 'command:/usr/lib/frr/zebra'] as const

/** Those for which only a full kernel will do. */
export const FULL_KERNEL: readonly string[] = ['aqm', 'bond', 'overlay', 'tcp-loss', 'vlans', 'vrf', 'wireguard']

/** Those with routing daemons, which wait for neighbours. */
export const SLOW: readonly string[] = [
  'anycast-dns',
  'bfd',
  'bgp',
  'bgp-hijack',
  'isis',
  'ospf-ring',
  'ospfv3-areas',
  'rip',
  'route-reflector',
]

/** What a lab takes beyond ip, ping, iptables and nft. */
const NEEDS: Readonly<Record<string, readonly Requirement[]>> = {
  'anycast-dns': [...FRR, 'command:dnsmasq'],
  aqm: ['command:iperf3', 'sched:fq_codel', 'sched:cake'],
  bfd: FRR,
  bgp: FRR,
  'bgp-hijack': FRR,
  bond: ['link:bond'],
  bufferbloat: ['command:iperf3'],
  dhcp: ['command:dnsmasq', 'command:busybox'],
  dns: ['command:dnsmasq'],
  isis: FRR,
  'load-balancing': ['command:python3'],
  'ospf-ring': [...FRR, 'command:python3'],
  'ospfv3-areas': FRR,
  overlay: ['link:vxlan', 'link:gre'],
  rip: FRR,
  'route-reflector': FRR,
  servers: ['command:/usr/sbin/nginx', 'command:/usr/sbin/sshd', 'command:ssh', 'command:/usr/sbin/chronyd'],
  slaac: ['command:radvd'],
  'tcp-loss': ['command:iperf3', 'sched:netem'],
  vlans: ['link:vlan', 'link:bridge-vlan'],
  vrf: ['link:vrf'],
  vrrp: ['command:keepalived'],
  web: ['command:python3'],
  wireguard: ['link:wireguard'],
}

/** Those whose programs change user: an ordinary user then needs more than one. */
const MANY_USERS: readonly string[] = ['servers']

/** Skips the test where the lab cannot run here. */
export function needsOf(context: TestContext, name: string): void {
  const forUser = ['userns', ...(MANY_USERS.includes(name) ? (['subuid'] as const) : [])] as const
  const user = process.getuid?.() === 0 ? [] : forUser
  needs(context, 'command:ip', 'command:ping', 'table:iptables', 'table:nft', ...user, ...(NEEDS[name] ?? []))
}

export function fileOf(lab: string, file: 'topology' | 'fault' | 'hidden-tests'): string {
  return join(folder, lab, `${file}.yaml`)
}

/** Nothing is wrong with the lab; the tests of its exercise hold, and then its own, in one network: each start takes its time. */
export async function theLabHolds(name: string): Promise<void> {
  await withWholeFile(name, async (file) => {
    expect((await validate(file)).diagnostics).toEqual([])
    expect(await failuresOf(file)).toEqual([])
  })
}

/**
 * The tests of the exercise find the planted fault; then `up` mends it, as whoever solves it does, and all hold. One network again, for machines
 * on which a start takes long.
 */
export async function theExerciseIsSolved(name: string): Promise<void> {
  await withWholeFile(name, async (file) => {
    const lab = `${name}-${process.pid}`
    const fault = fileOf(name, 'fault')
    await up(fault, { name: lab })
    try {
      expect(await failuresOf(fault, { tests: fileOf(name, 'hidden-tests'), bail: true, running: lab })).not.toEqual([])
      expect((await up(file, { name: lab })).report.warnings).toEqual([])
      expect(await failuresOf(file, { running: lab })).toEqual([])
    } finally {
      await down(lab)
    }
  })
}

/** A file with the lab, and the tests of its exercise before its own. */
async function withWholeFile(name: string, work: (file: string) => Promise<void>): Promise<void> {
  const scratch = mkdtempSync(join(tmpdir(), 'netlab-course-'))
  try {
    const file = join(scratch, `${name}.yaml`)
    writeFileSync(file, JSON.stringify({ include: [fileOf(name, 'hidden-tests'), fileOf(name, 'topology')] }))
    await work(file)
  } finally {
    rmSync(scratch, { recursive: true })
  }
}

/** The network with the planted fault comes up, and the tests of the exercise do not hold. */
export async function theFaultIsFound(name: string): Promise<void> {
  expect(await failuresOf(fileOf(name, 'fault'), { tests: fileOf(name, 'hidden-tests'), bail: true })).not.toEqual([])
}

/** Names of the tests that do not hold. A lab that does not come up throws. */
async function failuresOf(file: string, options: RunOptions = {}): Promise<string[]> {
  const { tests, failure, diagnostics } = await runFile(file, options)
  if (failure !== undefined || tests.length === 0) throw new Error(`${file}: ${JSON.stringify(diagnostics)}`)
  return tests.filter(({ status }) => status !== 'passed').map((each) => each.name)
}
