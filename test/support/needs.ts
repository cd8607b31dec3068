/**
 * What a test needs of the machine, found out by trying it in a scratch namespace (never by reading version numbers).
 * A miss skips the test with the kernel's or the tool's own words; NETLAB_REQUIRE=all makes it fail instead.
 */
import { spawnSync } from 'node:child_process'
import type { TestContext } from 'vitest'
import { findController } from '../../src/linux/cgroup.ts'
import type { Limited } from '../../src/state/limits.ts'

/**
 * `root`; `userns`: an ordinary user may make user namespaces; `subuid`: newuidmap gives a range of ids;
 * `command:NAME`: a program on PATH; `link:KIND`: `ip link add type KIND` (`link:bridge-vlan`: bridges that tell VLANs apart); `sched:KIND`: `tc qdisc add KIND`;
 * `table:iptables|ip6tables|nft`: the tool can load a rule here; `cgroup:CONTROLLER`: a node's processes can be limited by it.
 */
export type Requirement =
  | 'root'
  | 'userns'
  | 'subuid'
  | `command:${string}`
  | `link:${string}`
  | `sched:${string}`
  | `table:${'iptables' | 'ip6tables' | 'nft'}`
  | `cgroup:${Limited}`

/** Skips the test (or, from beforeEach, each test) unless everything it needs is here. */
export function needs(context: Pick<TestContext, 'skip'>, ...requirements: readonly Requirement[]): void {
  for (const requirement of requirements) {
    const missing = missingRequirement(requirement)
    if (missing === undefined) continue
    if (process.env['NETLAB_REQUIRE'] === 'all') throw new Error(`${requirement} is required (NETLAB_REQUIRE=all): ${missing}`)
    context.skip(missing)
  }
}

const found = new Map<Requirement, string | undefined>()

/** Why the requirement is not met, or undefined when it is. Tried once per process. */
export function missingRequirement(requirement: Requirement): string | undefined {
  if (!found.has(requirement)) found.set(requirement, probe(requirement))
  return found.get(requirement)
}

function probe(requirement: Requirement): string | undefined {
  const [kind = '', subject = ''] = requirement.split(/:(.*)/s)
  const probeKind = PROBES[kind]
  if (!probeKind) throw new Error(`needs() knows no requirement "${requirement}"`)
  return probeKind(subject)
}

/** By what stands before the colon. */
const PROBES: Readonly<Record<string, (subject: string) => string | undefined>> = {
  root: () => (process.getuid?.() === 0 ? undefined : 'only root can do this'),
  userns: () => refusal('user namespaces are not allowed', ['unshare', '--user', '--map-root-user', 'true']),
  subuid: () => refusal('newuidmap gives no range of user ids', ['unshare', '--user', '--map-root-user', '--map-auto', 'true']),
  command: (name) => (spawnSync('sh', ['-c', 'command -v "$0"', name]).status === 0 ? undefined : `there is no ${name} on PATH`),
  link: (kind) => inScratch(`kernel has no link kind ${kind}`, LINK_SCRIPTS[kind] ?? `ip link add probe0 type ${kind}`),
  sched: (kind) => inScratch(`kernel has no qdisc ${kind}`, `tc qdisc add dev lo ${SCHED_WORDS[kind] ?? `root ${kind}`}`),
  table: (tool) => inScratch(`${tool} cannot load a rule`, TABLE_SCRIPT[tool] ?? 'false'),
  cgroup: (name) => findController(name as Limited).problem,
}

/** A link to stand upon: lo refuses VLANs. */
const BASE = 'ip link add base0 type veth peer name base1 && ip link add link base0 name probe0 type'

/** Link kinds that want more than their name. */
const LINK_SCRIPTS: Readonly<Record<string, string>> = {
  vlan: `${BASE} vlan id 10`,
  macvlan: `${BASE} macvlan`,
  ipvlan: `${BASE} ipvlan`,
  vrf: 'ip link add probe0 type vrf table 10',
  vxlan: 'ip link add probe0 type vxlan id 7 dstport 4789',
  gre: 'ip link add probe0 type gre local 10.0.0.1 remote 10.0.0.2',
  veth: 'ip link add probe0 type veth peer name probe1',
  // A kernel without it takes the word and does nothing.
  'bridge-vlan': 'ip link add probe0 type bridge vlan_filtering 1 && ip -d link show probe0 | grep -q "vlan_filtering 1"',
}

/** Qdiscs that want more than their name. */
const SCHED_WORDS: Readonly<Record<string, string>> = {
  netem: 'root netem delay 1ms',
  tbf: 'root tbf rate 1mbit burst 32kbit latency 400ms',
  ingress: 'ingress',
  clsact: 'clsact',
}

const TABLE_SCRIPT: Readonly<Record<string, string>> = {
  iptables: 'mount -n -t tmpfs none /run && iptables -A INPUT -p tcp --dport 1 -j DROP',
  ip6tables: 'mount -n -t tmpfs none /run && ip6tables -A INPUT -p tcp --dport 1 -j DROP',
  nft: 'nft add table inet probe',
}

/** Runs a shell line in namespaces that end with it; outside them nothing changes. */
function inScratch(what: string, script: string): string | undefined {
  const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
  return refusal(what, ['unshare', ...asRoot, '--net', '--mount', 'sh', '-c', script])
}

/** What the command printed when it failed, after the sentence that says what that means. */
function refusal(what: string, [command = '', ...args]: readonly string[]): string | undefined {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 })
  if (result.status === 0) return undefined
  const words = result.error?.message ?? result.stderr.trim().split('\n')[0]
  return words === undefined || words === '' ? what : `${what} (${words})`
}
