/** Operations in words: the kernel's for a line of the plan, and iproute2's as a student would type them. */
import { hasBroadcast } from '../state/broadcast.ts'
import { BRIDGE_OPTIONS } from '../state/equal-link.ts'
import { modeText } from '../state/equal.ts'
import { isolationText } from '../state/isolation.ts'
import { limitsText } from '../state/limits.ts'
import { limitsCommand } from './limits-command.ts'
import { fdbKey } from '../state/key.ts'
import { KINDS, PORT_OPTIONS } from '../state/kind.ts'
import { mountText } from '../state/mount.ts'
import type { BridgeVlan, LinkState, RouteFamily, VethLink, VirtualLink } from '../state/network.ts'
import { HOST } from '../state/network.ts'
import { optionWords } from '../state/option.ts'
import { linkEndText, routeText, ruleText } from '../state/words.ts'
import { mountComment, rootComment } from './mount-words.ts'
import { addNetnsWords, netnsName } from './netns-words.ts'
import type { LinkChange } from './link-change.ts'
import type { AddFdb, DelFdb, Operation, VlanRange } from './operation.ts'
import { returnCommands, takeCommands } from './external-words.ts'
import { rulesetCommand } from './ruleset-input.ts'
import { describeQdisc, tcCommand } from './qdisc-command.ts'
import { hereDocument, quote, quoteAll, quotedRoute, quotedRule } from './quote.ts'
import { commandText, serviceCommand } from './service-command.ts'
import { wireguardCommand, wireguardSummary } from './wireguard-words.ts'

/** What is done, in the kernel's words, without the namespace: `add link eth0 kind veth peer lan/h1.eth0`. */
export function describe(operation: Operation): string {
  switch (operation.type) {
    case 'add netns':
      return addNetnsWords(operation)
    case 'del netns':
      return operation.netns === HOST ? 'leave the host' : 'del netns'
    case 'set hostname':
      return `set hostname ${operation.hostname}`
    case 'set isolation':
      return `set isolation ${isolationText(operation.isolation)}`
    case 'set limits':
      return `set limits ${limitsText(operation.limits)}`
    case 'add bridge':
      return `add link ${operation.ifname} kind bridge`
    case 'add veth':
      return `add link ${operation.ifname} kind veth peer ${linkEndText(operation.link.peer)}${operation.peer.master === undefined ? '' : ` master ${operation.peer.master}`}`
    case 'add link':
      return `add link ${operation.ifname} kind ${virtualWords(operation.link)}`
    case 'set wireguard':
      return `set wireguard ${operation.ifname} ${wireguardSummary(operation.set)}`
    case 'add vlan':
    case 'del vlan':
      return `${operation.type} ${vlanWords(operation.vlans, operation.type === 'add vlan')} dev ${operation.ifname}${operation.isSelf ? ' self' : ''}`
    case 'add fdb':
    case 'del fdb':
      return `${operation.type} ${fdbKey(operation.fdb)} dev ${operation.ifname}`
    case 'add mdb':
    case 'del mdb':
      return `${operation.type} ${operation.mdb.group} dev ${operation.bridge} port ${operation.ifname}${inVlan(' vid', operation.mdb.vlan)}`
    case 'set link':
      return `set link ${operation.ifname} ${changeWords(operation.set).join(' ')}`
    case 'take link':
      return `take link ${operation.link.device} as ${operation.ifname}`
    case 'del link':
      return operation.link.kind === 'external'
        ? `return link ${operation.ifname} as ${operation.link.device}`
        : `del link ${operation.ifname}`
    case 'add qdisc':
    case 'change qdisc':
    case 'del qdisc':
      return describeQdisc(operation)
    case 'add addr':
    case 'del addr':
      return `${operation.type} ${operation.addr.local}/${operation.addr.prefixlen} dev ${operation.addr.ifname}`
    case 'add route':
    case 'del route':
    case 'replace route':
      return `${operation.type} ${operation.route.family === 'mpls' ? 'mpls ' : ''}${routeText(operation.route)}`
    case 'add rule':
    case 'del rule':
      return `${operation.type} ${ruleText(operation.rule)}`
    case 'replace neigh':
      return `set neigh ${operation.neigh.dst} lladdr ${operation.neigh.lladdr} dev ${operation.neigh.ifname}`
    case 'del neigh':
      return `del neigh ${operation.neigh.dst} dev ${operation.neigh.ifname}`
    case 'set sysctl':
      return `set sysctl ${operation.name} = ${operation.value}`
    case 'add mount':
      return `mount ${mountText(operation.mount)} on ${operation.path}`
    case 'del mount':
      return `umount ${operation.path}`
    case 'write file':
      return `write file ${operation.path} mode ${modeText(operation.file.mode)}`
    case 'remove file':
      return `remove file ${operation.path}`
    case 'set ruleset':
      return operation.cause === 'not in the file' ? `flush ${operation.tool} rules` : `set ${operation.tool} rules`
    case 'run setup':
      return `run ${quoteAll(operation.argv)}`
    case 'start service': {
      const word = operation.previous?.status?.state === 'running' ? 'restart' : 'start'
      const argv = operation.service.definition?.argv
      return `${word} service ${operation.name}${argv === undefined ? '' : `: ${commandText(argv)}`}`
    }
    case 'stop service':
      return `stop service ${operation.name}`
  }
}

/**
 * The commands that a student would type for the same effect, one a line: iproute2, sysctl(8), iptables-restore(8), nft(8).
 * What has no such command is a comment.
 */
export function sameAs(operation: Operation, lab: string): string {
  const name = netnsName(lab, operation.netns)
  const inside = ipCommand(operation, lab)
  if (operation.netns === HOST && inside === undefined) return "# the machine's own network, which is there"
  if (inside !== undefined) return inside.map((command) => `${ipWords(command, lab)} ${command.words}`).join('\n')
  const exec = `ip netns exec ${quote(name)}`
  switch (operation.type) {
    case 'add netns':
      return `ip netns add ${quote(name)}${operation.root === undefined ? '' : `\n${rootComment(operation.root, name)}`}`
    case 'del netns':
      return `ip netns del ${quote(name)}`
    case 'set hostname':
      return `# hostname ${operation.hostname}: ip netns has no uts namespace`
    case 'set isolation':
      return `# isolation ${isolationText(operation.isolation)}: ip netns has namespaces of the network alone`
    case 'set limits':
      return limitsCommand(operation, lab)
    case 'set wireguard':
      return wireguardCommand(operation, exec)
    case 'set sysctl':
      return `${exec} sysctl -qw ${quote(`${operation.name}=${operation.value}`)}`
    case 'add mount':
    case 'del mount':
      return mountComment(operation, name)
    case 'write file':
      return `# ${operation.path}: ip netns exec shows files from /etc/netns/${name}/`
    case 'remove file':
      return `# rm ${operation.path}: ip netns exec shows files from /etc/netns/${name}/`
    case 'set ruleset':
      return `${exec} ${rulesetCommand(operation.tool)} ${hereDocument(operation.input)}`
    case 'run setup':
      return `${exec} ${quoteAll(operation.argv)}`
    case 'start service':
      return serviceCommand(exec, operation)
    case 'stop service':
      return `# stop service ${operation.name}: kill its processes`
    default:
      return ''
  }
}

export interface IpCommand {
  readonly netns: string
  /** Default: ip(8). */
  readonly tool?: 'ip' | 'bridge' | 'tc'
  /** Said before all: routes and rules do not always tell their family by themselves. Default: `inet`. */
  readonly family?: 'inet6' | 'mpls'
  /** Everything after the namespace, quoted for sh where needed. */
  readonly words: string
}

/** `ip -n dmz.h1`, with -6 or `-f mpls` where it takes it; or `bridge -n dmz`, `tc -n dmz.h1`. */
const FAMILY_WORDS = { inet6: '-6 ', mpls: '-f mpls ' } as const

export function ipWords({ netns, tool = 'ip', family }: IpCommand, lab: string): string {
  const inside = netns === HOST ? '' : `-n ${quote(netnsName(lab, netns))}`
  return `${tool} ${family === undefined ? '' : FAMILY_WORDS[family]}${inside}`.trim()
}

/** The operation as `ip -n NETNS …` commands; undefined where it takes another tool. */
export function ipCommand(operation: Operation, lab: string): readonly IpCommand[] | undefined {
  const { netns } = operation
  const one = (...words: readonly string[]): readonly IpCommand[] => [{ netns, words: words.filter((word) => word !== '').join(' ') }]
  const bridge = (...words: readonly string[]): readonly IpCommand[] => [
    { netns, tool: 'bridge', words: words.filter((word) => word !== '').join(' ') },
  ]
  const ofFamily = (family: RouteFamily, words: string): readonly IpCommand[] => [
    { netns, words, ...(family !== 4 && { family: family === 6 ? 'inet6' : family }) },
  ]
  switch (operation.type) {
    case 'add bridge':
      return [
        ...one(
          ...['link add', quote(operation.ifname), lladdrWords(operation.link), 'type bridge'],
          bridgeWords(operation.link),
          operation.link.vlan === undefined ? '' : bridgeVlanWords(operation.link.vlan),
        ),
        ...(operation.link.alias === undefined ? [] : setLinkCommands(netns, operation.ifname, { alias: operation.link.alias })),
      ]
    case 'add veth':
      return vethCommands(operation.netns, operation.ifname, operation.link, operation.peer, lab)
    case 'add link':
      return virtualCommands(netns, operation.ifname, operation.link)
    case 'set link':
      return setLinkCommands(netns, operation.ifname, operation.set)
    case 'take link':
      return takeCommands(operation, lab)
    case 'del link':
      return operation.link.kind === 'external' ? returnCommands(operation, operation.link) : one('link del', quote(operation.ifname))
    case 'add qdisc':
    case 'change qdisc':
    case 'del qdisc':
      return [{ netns, tool: 'tc', words: tcCommand(operation) }]
    case 'add vlan':
    case 'del vlan': {
      const isNew = operation.type === 'add vlan'
      const words = vlanWords(operation.vlans, isNew)
      return bridge(`vlan ${isNew ? 'add' : 'del'} vid`, words, 'dev', quote(operation.ifname), operation.isSelf ? 'self' : '')
    }
    case 'add fdb':
    case 'del fdb':
      return bridge(...fdbWords(operation))
    case 'add mdb':
    case 'del mdb': {
      const { ifname, mdb } = operation
      const [verb, state] = operation.type === 'add mdb' ? ['mdb add', 'permanent'] : ['mdb del', '']
      return bridge(verb, 'dev', quote(operation.bridge), 'port', quote(ifname), 'grp', mdb.group, state, inVlan('vid', mdb.vlan))
    }
    case 'add addr':
    case 'del addr': {
      const { local, prefixlen, ifname, family } = operation.addr
      const verb = operation.type === 'add addr' ? 'add' : 'del'
      const brd = verb === 'add' && hasBroadcast(operation.addr) ? 'brd +' : ''
      return one(`addr ${verb}`, `${local}/${prefixlen}`, brd, 'dev', quote(ifname), verb === 'add' && family === 6 ? 'nodad' : '')
    }
    case 'add route':
    case 'del route':
    case 'replace route': {
      const [verb = ''] = operation.type.split(' ')
      return ofFamily(
        operation.route.family,
        `route ${verb} ${quotedRoute(operation.route, verb === 'del' && operation.route.family === 6)}`,
      )
    }
    case 'add rule':
    case 'del rule':
      return ofFamily(operation.rule.family, `rule ${operation.type.slice(0, 3)} ${quotedRule(operation.rule)}`)
    case 'replace neigh': {
      const { dst, lladdr, ifname } = operation.neigh
      return one('neigh replace', dst, 'lladdr', lladdr, 'dev', quote(ifname), 'nud permanent')
    }
    case 'del neigh':
      return one('neigh del', operation.neigh.dst, 'dev', quote(operation.neigh.ifname))
    default:
      return undefined
  }
}

/** `append`, since an address of a VXLAN leads to several far ends. */
function fdbWords({ type, ifname, fdb }: AddFdb | DelFdb): string[] {
  const { lladdr, vlan, dst } = fdb
  const isNew = type === 'add fdb'
  const at = [lladdr, 'dev', quote(ifname)]
  if (dst !== undefined) return [isNew ? 'fdb append' : 'fdb del', ...at, 'dst', dst]
  return [isNew ? 'fdb add' : 'fdb del', ...at, isNew ? 'master static' : 'master', inVlan('vlan', vlan)]
}

function vethCommands(netns: string, ifname: string, link: VethLink, peer: VethLink, lab: string): readonly IpCommand[] {
  // The machine's network has no name: whoever makes a cable from it is in it.
  if (link.peer.netns === HOST) return vethCommands(HOST, link.peer.ifname, peer, link, lab)
  const peerWords = `peer name ${quote(link.peer.ifname)} netns ${quote(netnsName(lab, link.peer.netns))} ${vethWords(peer)}`
  const add = { netns, words: `link add ${quote(ifname)} ${vethWords(link)} type veth ${peerWords}` }
  // iproute2 takes alias and master only for a link that stands, so these are commands of their own.
  const rest = ([where, name, end]: readonly [string, string, VethLink]): readonly IpCommand[] =>
    setLinkCommands(where, name, {
      ...(end.alias !== undefined && { alias: end.alias }),
      ...(end.master !== undefined && { master: end.master }),
    })
  return [add, ...rest([netns, ifname, link]), ...rest([link.peer.netns, link.peer.ifname, peer])]
}

/** A queue for each processor is what the kernel would make otherwise. */
function vethWords(link: VethLink): string {
  return `${linkWords(link)} numtxqueues 1 numrxqueues 1`
}

function linkWords(link: LinkState): string {
  return `${lladdrWords(link)} mtu ${link.mtu}`.trim()
}

function lladdrWords(link: LinkState): string {
  return link.lladdr === undefined ? '' : `address ${link.lladdr}`
}

/** ` vlan 10`, or nothing. */
function inVlan(word: string, vlan: number | undefined): string {
  return vlan === undefined ? '' : `${word} ${vlan}`
}

/** `10 pvid untagged`, `20-30`; to take a VLAN away, its flags say nothing. */
function vlanWords({ first, last, flags }: VlanRange, withFlags: boolean): string {
  return [first === last ? String(first) : `${first}-${last}`, ...(withFlags && flags !== '' ? [flags] : [])].join(' ')
}

/** `vlan id 10 on eth0`: the kind and what it says, for a line of the plan. */
function virtualWords({ kind, parent, options }: VirtualLink): string {
  return [kind, ...optionWords(KINDS[kind].options, options), ...(parent === undefined ? [] : ['on', parent])].join(' ')
}

function virtualCommands(netns: string, ifname: string, link: VirtualLink): readonly IpCommand[] {
  const { kind, parent, options, alias } = link
  const after = setLinkCommands(netns, ifname, { ...(alias !== undefined && { alias }) })
  const own = optionWords(KINDS[kind].options, options).join(' ')
  if (kind === 'tun' || kind === 'tap') {
    const { mtu, lladdr } = link
    const add = { netns, words: `tuntap add dev ${quote(ifname)} mode ${kind} ${own}`.trim() }
    return [add, ...setLinkCommands(netns, ifname, { mtu, ...(lladdr !== undefined && { lladdr }) }), ...after]
  }
  // What is made on another link names it before its kind; a tunnel takes the device that it leaves by as an option.
  const on = parent === undefined ? '' : KINDS[kind].parent === 'needed' ? `link ${quote(parent)} ` : ''
  const dev = parent === undefined || on !== '' ? '' : ` dev ${quote(parent)}`
  return [{ netns, words: `link add ${on}name ${quote(ifname)} ${linkWords(link)} type ${kind} ${own}${dev}`.trim() }, ...after]
}

function bridgeVlanWords({ protocol, defaultPvid }: BridgeVlan): string {
  return `vlan_filtering 1 vlan_protocol ${protocol} vlan_default_pvid ${defaultPvid}`
}

function setLinkCommands(netns: string, ifname: string, set: LinkChange): readonly IpCommand[] {
  const { bridge, vlan, kind, port, ...plain } = set
  const commands: IpCommand[] = []
  const words = changeWords(plain)
  if (words.length > 0) commands.push({ netns, words: `link set ${quote(ifname)} ${changeWords(plain, 'address', quote).join(' ')}` })
  if (bridge !== undefined) commands.push({ netns, words: `link set ${quote(ifname)} type bridge ${bridgeWords(bridge)}` })
  const of = (type: string): string => `link set ${quote(ifname)} type ${type}`
  if (vlan !== undefined) {
    commands.push({ netns, words: `${of('bridge')} ${vlan === null ? 'vlan_filtering 0' : bridgeVlanWords(vlan)}` })
  }
  if (kind !== undefined)
    commands.push({ netns, words: `${of(kind.name)} ${optionWords(KINDS[kind.name].options, kind.options).join(' ')}` })
  if (port !== undefined) commands.push({ netns, words: `${of('bridge_slave')} ${optionWords(PORT_OPTIONS, port).join(' ')}` })
  return commands
}

/** Words of ip-link(8), which calls the lladdr "address". */
function changeWords(
  set: LinkChange,
  lladdr: 'lladdr' | 'address' = 'lladdr',
  quoted: (word: string) => string = (word) => word,
): string[] {
  const words: string[] = []
  if (set.mtu !== undefined) words.push('mtu', String(set.mtu))
  if (set.lladdr !== undefined) words.push(lladdr, set.lladdr)
  if (set.addrGenMode !== undefined) words.push('addrgenmode', set.addrGenMode)
  if (set.alias !== undefined) words.push('alias', quote(set.alias))
  if (set.master === null) words.push('nomaster')
  else if (set.master !== undefined) words.push('master', quoted(set.master))
  if (set.up !== undefined) words.push(set.up ? 'up' : 'down')
  return [...words, ...typeWords(set)]
}

/** What iproute2 says behind `type`. */
function typeWords({ bridge, vlan, kind, port }: LinkChange): string[] {
  return [
    ...(bridge === undefined ? [] : [bridgeWords(bridge)]),
    ...(vlan === undefined ? [] : [vlan === null ? 'vlan_filtering 0' : bridgeVlanWords(vlan)]),
    ...(kind === undefined ? [] : optionWords(KINDS[kind.name].options, kind.options)),
    ...(port === undefined ? [] : optionWords(PORT_OPTIONS, port)),
  ]
}

/** ip-link(8) "bridge type support": times in hundredths of a second, switches as 0 and 1. */
function bridgeWords(options: NonNullable<LinkChange['bridge']>): string {
  return BRIDGE_OPTIONS.flatMap(([option, word]) => (options[option] === undefined ? [] : [word, String(Number(options[option]))])).join(
    ' ',
  )
}
