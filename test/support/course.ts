/** The labs of topologies/, what each needs of the machine, and how its tests end. */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { TestContext } from 'vitest'
import { runFile } from '../../src/check/run-file.ts'
import { needs, type Requirement } from './needs.ts'

const folder = fileURLToPath(new URL('../../topologies', import.meta.url))
export const LABS = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'topology.yaml')))

const FRR = ['command:vtysh', 'command:/usr/lib/frr/zebra'] as const

/** Those for which only a full kernel will do. */
export const FULL_KERNEL: readonly string[] = ['bond', 'overlay', 'vlans', 'vrf', 'wireguard']

/** What a lab takes beyond ip, ping, iptables and nft. */
const NEEDS: Readonly<Record<string, readonly Requirement[]>> = {
  bgp: FRR,
  'bgp-hijack': FRR,
  bond: ['link:bond'],
  bufferbloat: ['command:iperf3'],
  dns: ['command:dnsmasq'],
  'load-balancing': ['command:python3'],
  'ospf-ring': [...FRR, 'command:python3'],
  overlay: ['link:vxlan', 'link:gre'],
  rip: FRR,
  vlans: ['link:vlan', 'link:bridge-vlan'],
  vrf: ['link:vrf'],
  web: ['command:python3'],
  wireguard: ['link:wireguard'],
}

/** Skips the test where the lab cannot run here. */
export function needsOf(context: TestContext, name: string): void {
  const user = process.getuid?.() === 0 ? [] : (['userns'] as const)
  needs(context, 'command:ip', 'command:ping', 'table:iptables', 'table:nft', ...user, ...(NEEDS[name] ?? []))
}

export function fileOf(lab: string, file: 'topology' | 'fault' | 'hidden-tests'): string {
  return join(folder, lab, `${file}.yaml`)
}

/** Names of the tests that do not hold. A lab that does not come up throws. */
export async function failuresOf(file: string, tests?: string): Promise<string[]> {
  const result = await runFile(file, tests === undefined ? {} : { tests })
  if (result.failure !== undefined || result.tests.length === 0) throw new Error(`${file}: ${JSON.stringify(result.diagnostics)}`)
  return result.tests.filter(({ status }) => status !== 'passed').map((each) => each.name)
}
