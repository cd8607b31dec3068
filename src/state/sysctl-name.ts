/** What the name of a sysctl says: whose it is, and which others change with it. Documentation/networking/ip-sysctl.rst. */

const PER_LINK = /^net\.(ipv4|ipv6|mpls)\.(?:conf|neigh)\.([^.]+)\./

/** The ifname in `net.ipv4.conf.eth0.rp_filter`, with its dots; undefined for a sysctl of the whole namespace. */
export function sysctlIfname(name: string): string | undefined {
  const ifname = PER_LINK.exec(name)?.[2]
  return ifname === undefined || ifname === 'all' || ifname === 'default' ? undefined : ifname.replaceAll('/', '.')
}

/** The name that every network has, for one of a link: `net.ipv4.conf.default.rp_filter`. Undefined for MPLS, which has no default. */
export function forAnyLink(name: string): string | undefined {
  if (sysctlIfname(name) === undefined) return name
  return name.startsWith('net.mpls.')
    ? undefined
    : name.replace(PER_LINK, (part, _, ifname: string) => part.replace(`.${ifname}.`, '.default.'))
}

/** 6 for `net.ipv6.*`, 4 for everything else. */
export function sysctlFamily(name: string): 4 | 6 {
  return name.startsWith('net.ipv6.') ? 6 : 4
}

/** Writing `all` writes these to every link: inet_forward_change, addrconf_fixup_forwarding, addrconf_disable_ipv6 and their like. */
const SPREADING = {
  ipv4: ['forwarding'],
  ipv6: ['forwarding', 'disable_ipv6', 'disable_policy', 'ignore_routes_with_linkdown', 'addr_gen_mode'],
}

/** Whether writing `name` also writes `other`. */
export function spreadsTo(name: string, other: string): boolean {
  const wide = name === 'net.ipv4.ip_forward' ? 'net.ipv4.conf.all.forwarding' : name
  const parts = /^net\.(ipv4|ipv6)\.conf\.all\.(.+)$/.exec(wide)
  if (parts === null || other === name || other === wide) return false
  const [, family, leaf] = parts
  if (family === undefined || leaf === undefined || !SPREADING[family as keyof typeof SPREADING].includes(leaf)) return false
  return other.startsWith(`net.${family}.conf.`) && other.endsWith(`.${leaf}`)
}

/** Those that spread come before those that they would overwrite. */
export function sysctlRank(name: string): number {
  if (name === 'net.ipv4.ip_forward') return 0
  if (/^net\.ipv[46]\.conf\.all\./.test(name)) return 1
  if (/^net\.ipv[46]\.conf\.default\./.test(name)) return 2
  return 3
}

/** Links that lose IPv6, with all its addresses and routes, when `name` is set to `value`: one, 'all', or none. addrconf_disable_change. */
export function disablesIpv6On(name: string, value: string): string | undefined {
  if (value.trim() === '0') return undefined
  const ifname = /^net\.ipv6\.conf\.([^.]+)\.disable_ipv6$/.exec(name)?.[1]
  return ifname === undefined || ifname === 'default' ? undefined : ifname.replaceAll('/', '.')
}
