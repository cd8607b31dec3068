/** Sysctls and packet filters of the model kernel. */
import type { Operation } from '../../src/plan/operation.ts'
import type { RulesetTool } from '../../src/state/network.ts'
import { flushNeighs, isAllOn } from './model-fib.ts'
import { refuse } from './model-netns.ts'
import type { Netns } from './model-netns.ts'

/** resize_platform_label_table */
function dropLabelsFrom(netns: Netns, end: number): void {
  netns.routes = netns.routes.filter(({ family, dst }) => family !== 'mpls' || Number(dst) < end)
}

export function setSysctl(netns: Netns, name: string, value: string, operation: Operation): void {
  const parts = /^net\.(ipv4|ipv6|mpls)\.conf\.([^.]+)\.(.+)$/.exec(name === 'net.ipv4.ip_forward' ? 'net.ipv4.conf.all.forwarding' : name)
  const [, family = '', of = 'default', leaf = ''] = parts ?? []
  checkOwner(netns, family, of, operation)
  netns.sysctls.set(name, value)
  if (name === 'net.mpls.platform_labels') dropLabelsFrom(netns, Number(value))
  if (leaf === 'disable_ipv6' && value === '1') disableIpv6(netns, of)
  if (of === 'all' && leaf === 'forwarding') spreadForwarding(netns, family, value)
}

function checkOwner(netns: Netns, family: string, of: string, operation: Operation): void {
  if (of === 'all' || of === 'default') return
  const { link } = netns.links.get(of) ?? refuse('ENOENT', operation)
  if (family === 'ipv6' && link.mtu < 1280) refuse('ENOENT', operation)
}

/** inet_forward_change, addrconf_fixup_forwarding */
function spreadForwarding(netns: Netns, family: string, value: string): void {
  for (const other of netns.sysctls.keys()) {
    if (other.startsWith(`net.${family}.conf.`) && other.endsWith('.forwarding')) netns.sysctls.set(other, value)
  }
}

/** addrconf_disable_change: as if the link went down, for IPv6 alone. */
function disableIpv6(netns: Netns, ifname: string): void {
  netns.addrs = netns.addrs.filter((addr) => addr.family === 4 || addr.ifname !== ifname)
  netns.routes = netns.routes.filter((route) => route.family !== 6 || !isAllOn(route, ifname))
  flushNeighs(netns, (neigh) => neigh.family === 6 && neigh.ifname === ifname)
}

/** `*table … COMMIT` sections, or `table FAMILY NAME …` lines; by table. */
export function tablesOf(tool: RulesetTool, text: string): Map<string, string> {
  const tables = new Map<string, string>()
  if (tool === 'nftables') {
    for (const line of text.split('\n').filter(Boolean)) {
      const [, verb, table = ''] = /^(delete )?table (\S+ \S+)/.exec(line) ?? []
      if (verb !== undefined) tables.delete(table)
      else if (line.includes('{')) tables.set(table, `${line}\n`)
    }
    return tables
  }
  for (const [section, table = ''] of text.matchAll(/^\*(\S+)\n[^]*?^COMMIT\n/gm)) {
    const rules = section
      .split('\n')
      .filter((line) => !/^:\S+ ACCEPT/.test(line))
      .join('\n')
    tables.set(table, /^[-:]/m.test(rules) ? rules : '')
  }
  return tables
}

/** iptables-restore replaces the tables that its input names; nft does as it is told. */
export function restoreRuleset(netns: Netns, tool: RulesetTool, input: string): void {
  const tables = netns.tables.get(tool) ?? new Map<string, string>()
  netns.tables.set(tool, tables)
  if (tool === 'nftables') {
    for (const match of input.matchAll(/^delete table (\S+ \S+)/gm)) tables.delete(match[1] ?? '')
  }
  for (const [table, rules] of tablesOf(tool, input)) tables.set(table, rules)
}
