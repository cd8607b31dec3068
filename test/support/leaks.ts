/**
 * What netlab could leave on the host, as it is now: read from /proc and /sys, without a tool where that is possible.
 * Two snapshots are compared in words. Things that other programs change by themselves (counters, systemd's units) are left out.
 */
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** By kind ("network interface", "mount" …): one line per thing. */
export type Snapshot = ReadonlyMap<string, ReadonlySet<string>>

/** Set by the suite before its first test: every process that a test starts inherits it. */
export const RUN_MARK = 'NETLAB_TEST_RUN'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** The host as this process sees it. Without root, other users' processes stay unseen. */
export function takeSnapshot(): Snapshot {
  return new Map([
    ['network interface', new Set(interfaces())],
    ['route', new Set([...fields('/proc/self/net/route', [0, 1, 2, 6, 7]), ...fields('/proc/self/net/ipv6_route', [0, 1, 4, 9])])],
    ['routing rule', new Set([...output('ip', 'rule'), ...output('ip', '-6', 'rule')])],
    ['firewall rule', new Set(firewall())],
    ['mount', new Set(lines('/proc/self/mountinfo').map(mountPlace))],
    ['file in /run', new Set(runFiles())],
    ['control group', new Set(cgroups('/sys/fs/cgroup', 3))],
    ['process', new Set(processes())],
    ['network namespace', new Set(namespaces())],
  ])
}

/** What the second snapshot has and the first has not, and the other way round; one sentence each. */
export function compareSnapshots(before: Snapshot, after: Snapshot): string[] {
  const sentences: string[] = []
  for (const [kind, then] of before) {
    const now = after.get(kind) ?? new Set()
    for (const thing of now) if (!then.has(thing)) sentences.push(`${kind} left behind: ${thing}`)
    // A process or namespace that ends by itself is nobody's fault.
    if (kind === 'process' || kind === 'network namespace' || kind === 'control group') continue
    for (const thing of then) if (!now.has(thing)) sentences.push(`${kind} lost: ${thing}`)
  }
  return sentences
}

/** What modules put into every namespace when the kernel loads them for a lab's link, or into the machine's own: not the lab's. */
const MODULES_OWN = /^(?:tunl0|gre0|gretap0|erspan0|sit0|ip_vti0|ip6tnl0|ip6gre0|ip6_vti0|bond0|bonding_masters|dummy0)$/

function interfaces(): string[] {
  const names = entries('/sys/class/net').filter((name) => !MODULES_OWN.test(name))
  return names.map((name) => `${name} ${text(`/sys/class/net/${name}/address`).trim()}`)
}

/** iptables-save and nft, where they are and this user may ask. Counters and dates are not part of a rule. */
function firewall(): string[] {
  return ['iptables-save', 'ip6tables-save']
    .flatMap((tool) => output(tool).map((line) => `${tool}: ${line}`))
    .concat(output('nft', 'list', 'ruleset').map((line) => `nft: ${line}`))
    .filter((line) => !line.includes(': #'))
    .map((line) => line.replace(/\[\d+:\d+\]|counter packets \d+ bytes \d+/, '').trim())
}

/** Fields 4, 5 and the ones after the dash: root, mount point, type and source. Ids change when anything is mounted. */
function mountPlace(line: string): string {
  const [place = '', source = ''] = line.split(' - ')
  return [...place.split(' ').slice(3, 5), ...source.split(' ').slice(0, 2)].join(' ')
}

function runFiles(): string[] {
  const runtime = process.env['XDG_RUNTIME_DIR']
  const folders = ['/run', '/run/netns', '/run/netlab', ...(runtime === undefined ? [] : [runtime, `${runtime}/netlab`])]
  return folders.flatMap((folder) => entries(folder).map((name) => join(folder, name)))
}

/** systemd makes and drops units as it likes; netlab's folders never carry their suffixes. */
function cgroups(folder: string, depth: number): string[] {
  if (depth === 0) return []
  return entries(folder, true)
    .filter((name) => !/\.(service|scope|slice|mount|socket)$/.test(name))
    .flatMap((name) => [join(folder, name), ...cgroups(join(folder, name), depth - 1)])
}

/** Processes of this run (they inherited its mark) and those whose program lies in this checkout's build. */
function processes(): string[] {
  const mark = process.env[RUN_MARK]
  return pids().flatMap((pid) => {
    const argv = text(`/proc/${pid}/cmdline`).split('\0').filter(Boolean)
    const built = argv.some((word) => word.startsWith(join(checkout, 'dist/')) || word.startsWith(join(checkout, 'native/')))
    const marked = mark !== undefined && text(`/proc/${pid}/environ`).split('\0').includes(`${RUN_MARK}=${mark}`)
    return built || (marked && !isTestRunner(pid)) ? [`${pid} ${argv.join(' ')}`] : []
  })
}

/** vitest itself, its workers, and whoever waits for them: this process, its parents and its children. */
function isTestRunner(pid: string): boolean {
  for (let parent = String(process.pid); parent !== '0' && parent !== ''; parent = parentOf(parent)) if (parent === pid) return true
  return parentOf(pid) === String(process.pid)
}

function parentOf(pid: string): string {
  return /^PPid:\t(\d+)/m.exec(text(`/proc/${pid}/status`))?.[1] ?? ''
}

function namespaces(): string[] {
  return pids().flatMap((pid) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/net`)]
    } catch {
      // It has ended, or is another user's.
      return []
    }
  })
}

function pids(): string[] {
  return entries('/proc').filter((name) => /^\d+$/.test(name))
}

/** The chosen columns of a table in /proc/net, without counters. */
function fields(path: string, columns: readonly number[]): string[] {
  return lines(path).map((line) => {
    const words = line.split(/\s+/)
    return columns.map((column) => words[column]).join(' ')
  })
}

function output(command: string, ...args: string[]): string[] {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8', timeout: 10_000 })
  return status === 0 ? stdout.split('\n').filter(Boolean) : []
}

function lines(path: string): string[] {
  return text(path).split('\n').filter(Boolean)
}

/** Empty where the file is gone or not ours to read: what cannot be seen cannot be compared. */
function text(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function entries(folder: string, foldersOnly = false): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => !foldersOnly || entry.isDirectory())
      .map((entry) => entry.name)
  } catch {
    return []
  }
}
