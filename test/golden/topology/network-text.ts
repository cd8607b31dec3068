/** Desired state and findings as text, one object a line, each with the line of the file that asked for it. */
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts'
import type { Origin } from '../../../src/diagnostic/origin.ts'
import type { LinkState, NamespaceState, NetworkState, Nexthop, RouteState, RuleState } from '../../../src/state/network.ts'

export function networkText(network: NetworkState): string {
  return [...network.namespaces].map(([name, namespace]) => namespaceText(name, namespace)).join('\n')
}

function namespaceText(name: string, namespace: NamespaceState): string {
  const lines = [`netns ${name} ${namespace.kind}${at(namespace.origin)}`]
  const add = (text: string, origin?: Origin): number => lines.push(`  ${text}${at(origin)}`)
  for (const [ifname, link] of namespace.links) add(`link ${ifname} ${linkText(link)}`, link.origin)
  for (const [key, addr] of namespace.addrs) add(`addr ${key}`, addr.origin)
  for (const route of namespace.routes.values()) add(routeText(route), route.origin)
  for (const rule of namespace.rules.values()) add(ruleText(rule), rule.origin)
  for (const [key, neigh] of namespace.neighs) add(`neigh ${key} lladdr ${neigh.lladdr}`, neigh.origin)
  for (const [key, sysctl] of namespace.sysctls) add(`sysctl ${key} = ${JSON.stringify(sysctl.value)}`, sysctl.origin)
  for (const [path, file] of namespace.files) add(`file ${path} ${file.mode.toString(8)} ${contentText(file.content)}`, file.origin)
  for (const [tool, ruleset] of namespace.rulesets) {
    add(tool, ruleset.origin)
    const inputLines = (ruleset.input ?? '').split('\n').slice(0, -1)
    inputLines.forEach((line, index) => add(`  ${line}`, ruleset.lineOrigins?.[index]))
  }
  for (const command of namespace.setup) add(`setup ${JSON.stringify(command.argv)}`, command.origin)
  for (const [service, { definition, origin }] of namespace.services) add(`service ${service} ${JSON.stringify(definition)}`, origin)
  return `${lines.join('\n')}\n`
}

function linkText(link: LinkState): string {
  const words = [link.kind, link.up ? 'up' : 'down', `mtu ${link.mtu}`]
  if (link.lladdr !== undefined) words.push(link.lladdr)
  if (link.kind === 'veth') words.push(`peer ${link.peer.netns}/${link.peer.ifname}`)
  if (link.master !== undefined) words.push(`master ${link.master}`)
  if (link.alias !== undefined) words.push(`alias ${link.alias}`)
  if (link.kind === 'bridge') {
    const { stp, priority, ageingCs, forwardDelayCs, helloCs, maxAgeCs, mcastSnooping } = link
    words.push(
      `stp ${stp ? 1 : 0} priority ${priority} ageing ${ageingCs} forward_delay ${forwardDelayCs} hello ${helloCs} max_age ${maxAgeCs}`,
    )
    words.push(`mcast_snooping ${mcastSnooping ? 1 : 0}`)
  }
  if ('fdbs' in link) words.push(...[...(link.fdbs?.keys() ?? [])].map((key) => `fdb ${key}`))
  return words.join(' ')
}

function routeText(route: RouteState): string {
  const words = [`route ${route.family === 'mpls' ? 'mpls ' : ''}${route.type === 'unicast' ? '' : `${route.type} `}${route.dst}`, ...route.nexthops.map(nexthopText)]
  if (route.src !== undefined) words.push(`src ${route.src}`)
  if (route.mtu !== undefined) words.push(`mtu ${route.mtu}`)
  return [...words, `table ${route.table} metric ${route.metric}`].join(' ')
}

function nexthopText(hop: Nexthop): string {
  const via = hop.via === undefined ? '' : `via ${hop.via} `
  const labels = hop.labels === undefined ? '' : `labels ${hop.labels.join('/')} `
  return `[${labels}${via}dev ${hop.dev}${hop.weight === 1 ? '' : ` weight ${hop.weight}`}${hop.onlink ? ' onlink' : ''}]`
}

function ruleText(rule: RuleState): string {
  const { origin, ...rest } = rule
  return `rule ${JSON.stringify(rest)}${origin === undefined ? ' without origin' : ''}`
}

function contentText(content: string | Uint8Array | undefined): string {
  return typeof content === 'string' ? JSON.stringify(content) : `${content?.length ?? 0} bytes`
}

/** One finding in a few lines: place, words, way out. */
export function findingText(diagnostic: Diagnostic): string {
  const { severity, code, origin, detail, hint, related = [] } = diagnostic
  const place = origin === undefined ? '' : ` ${origin.file}:${origin.line}:${origin.column}+${origin.length}`
  const lines = [`${severity}[${code}]${place}`, `  ${detail}`]
  if (hint !== undefined) lines.push(`  hint: ${hint}`)
  for (const other of related) lines.push(`  see ${other.origin.file}:${other.origin.line}:${other.origin.column}: ${other.note}`)
  return `${lines.join('\n')}\n`
}

function at(origin: Origin | undefined): string {
  return origin === undefined ? '' : `  ; ${origin.file}:${origin.line}`
}
