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
}

/** What prints the rules with their counters. */
const LISTINGS: Readonly<Record<RulesetTool, readonly string[]>> = {
  iptables: ['iptables-save', '-c'],
  ip6tables: ['ip6tables-save', '-c'],
  nftables: ['nft', 'list', 'ruleset'],
}

/** Examines a node; `tools` are those that its file has rules for. Errors: refusal LAB_UNKNOWN, LAB_DEAD, NODE_UNKNOWN. */
export async function examineNode(lab: string, node: string, netns: number, tools: readonly RulesetTool[]): Promise<NodeDetail> {
  const rulesets = await Promise.all(
    tools.map(async (tool) => {
      const { file, args, env } = nodeCommand(lab, node, LISTINGS[tool])
      const { stdout, stderr, status } = await run({ file, args }, { env: { ...env, PATH: `${env['PATH'] ?? ''}:/usr/sbin:/sbin` } })
      const lines = (status === 0 ? stdout : stderr).trimEnd().split('\n')
      return { tool, lines: lines.filter((line) => !line.startsWith('#')) }
    }),
  )
  const services = (await listServices(lab)).filter((service) => service.netns === node)
  return { processes: processesIn(netns), rulesets, services }
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

/** Processes in a network namespace, by its inode number. */
function processesIn(netns: number): NodeProcess[] {
  return (processesByNetns().get(netns) ?? []).flatMap((pid) => {
    try {
      const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim()
      return words === '' ? [] : [{ pid, words }]
    } catch {
      return [] // it has ended
    }
  })
}
