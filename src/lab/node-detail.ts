// What is asked of one node only while somebody looks at it: services, processes, and packet filters with their counters.
import { readFileSync } from 'node:fs'
import { processesByNetns } from '../linux/process.ts'
import type { RulesetTool } from '../state/network.ts'
import { nodeCommand } from './exec.ts'
import { run } from './run.ts'
import { listServices, type ServiceReport } from './services.ts'

export interface NodeProcess {
  readonly pid: number
  /** Its command line. */
  readonly words: string
  /** It stands still (SIGSTOP). */
  readonly isStopped: boolean
}

export interface RulesetDetail {
  readonly tool: RulesetTool
  /** What the tool prints of its rules, with their counters. */
  readonly lines: readonly string[]
}

export interface NodeDetail {
  readonly services: readonly ServiceReport[]
  readonly processes: readonly NodeProcess[]
  readonly rulesets: readonly RulesetDetail[]
  /** Values that the sysctls have now, by name. */
  readonly sysctls: ReadonlyMap<string, string>
}

/** What prints the rules with their counters. */
const LISTINGS: Readonly<Record<RulesetTool, readonly string[]>> = {
  iptables: ['iptables-save', '-c'],
  ip6tables: ['ip6tables-save', '-c'],
  nftables: ['nft', 'list', 'ruleset'],
}

/** What of a node's file the kernel is asked for. */
export interface NodeWish {
  /** Those that the file has rules for. */
  readonly tools: readonly RulesetTool[]
  /** Names of those that the file sets. */
  readonly sysctls: readonly string[]
}

/** Examines a node; `netns` is its network namespace's inode. Errors: refusal LAB_UNKNOWN, LAB_DEAD, NODE_UNKNOWN. */
export async function examineNode(lab: string, node: string, netns: number, { tools, sysctls }: NodeWish): Promise<NodeDetail> {
  const rulesets = await Promise.all(
    tools.map(async (tool) => {
      const { file, args, env } = nodeCommand(lab, node, LISTINGS[tool])
      const { stdout, stderr, status } = await run({ file, args }, { env: { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/sbin` } })
      const lines = (status === 0 ? stdout : stderr).trimEnd().split('\n')
      return { tool, lines: lines.filter((line) => !line.startsWith('#')) }
    }),
  )
  const services = (await listServices(lab)).filter((service) => service.netns === node)
  return { processes: processesIn(netns), rulesets, services, sysctls: await readSysctls(lab, node, sysctls) }
}

async function readSysctls(lab: string, node: string, names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (names.length === 0) return new Map()
  // With the node's own view of /proc/sys, by one process: the name of each file and what is in it.
  const paths = names.map((name) => `/proc/sys/${name.split('.').map(slashes).join('/')}`)
  const { file, args, env } = nodeCommand(lab, node, ['grep', '-sH', '', ...paths])
  const { stdout } = await run({ file, args }, { env })
  const values = stdout.split('\n').map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const)
  return new Map(
    names.flatMap((name, index) => values.filter(([path]) => path === paths[index]).map(([, value]) => [name, value] as const)),
  )
}

/** A dot within a name is written as a slash. sysctl(8) */
function slashes(part: string): string {
  return part.replaceAll('/', '.')
}

/** The counter of each rule, by the rule without it. */
export function ruleCounters({ rulesets }: NodeDetail): Map<string, string> {
  return new Map(rulesets.flatMap(({ lines }) => lines.map((line) => [withoutCounter(line), COUNTER.exec(line)?.[0] ?? ''] as const)))
}

/** `[12:1008] -A INPUT …` of iptables-save, `… counter packets 12 bytes 1008 …` of nft. */
const COUNTER = /\[\d+:\d+\]|counter packets \d+ bytes \d+/

/** A rule without its counter: the same rule a second later. */
export function withoutCounter(line: string): string {
  return line.replace(COUNTER, '')
}

/** Whether a process stands still: state T of proc(5), which follows the command in its brackets. */
function isStopped(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === 'T'
}

/** Processes in a network namespace, by its inode number. */
function processesIn(netns: number): NodeProcess[] {
  return (processesByNetns().get(netns) ?? []).flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return words === '' ? [] : [{ pid, words, isStopped: isStopped(pid) }]
    } catch {
      return [] // it has ended
    }
  })
}
