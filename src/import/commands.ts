/**
 * Commands that other tools run when a node starts → what a file says: addresses, routes, rules, sysctls. Of a script, only whole lines
 * that say one such thing are taken; whatever else there is stays a command of `setup`, in its order.
 */
import type { ForeignNode } from './foreign-lab.ts'
import { interfaceOf } from './foreign-lab.ts'

/** A line without anything that a shell would read as more than words. */
const PLAIN = /^[^;&|$`<>(){}'"\\*?#]+$/
const CONTROL = /^(if|then|else|elif|fi|for|while|until|do|done|case|esac|function|\{|\}|exit|set)\b/
/** Makes interfaces that no cable is plugged into: addresses and routes behind it wait for them. */
const MAKES_LINKS =
  /^(ip|bridge) (-\S+ )?(link add|l add|tunnel|tun|netns)|^(brctl|vconfig|wg|wg-quick|teamd|ovs-vsctl|modprobe|bridge|tc) /
/** Done in any case here, or meant for a container's own init. */
const NEEDLESS =
  /^(ip link set( dev)? lo up|ifconfig lo up|hostname \S+|vtysh -b|(\/etc\/init\.d\/|service |systemctl (re)?start )(frr|quagga|zebra)( (re)?start)?)$/

/** Carries a script over into the node. Returns the commands of which nothing can come here, since they start what only a container has. */
export function carryScript(node: ForeignNode, script: string): string[] {
  const lines = script
    .split('\n')
    .map((line) => line.replace(/(^|\s)#.*$/, '').trim())
    .filter(Boolean)
  if (lines.some((line) => CONTROL.test(line) || line.endsWith('\\') || line.includes('<<'))) {
    node.setup.push(script.trimEnd())
    return []
  }
  const commands = lines.flatMap((line) => (/['"]/.test(line) ? [line] : line.split(/\s*(?:;|&&)\s*/).filter(Boolean)))
  const firstMaker = commands.findIndex((command) => MAKES_LINKS.test(command))
  return commands.flatMap((command, index) => {
    const words = command.replace(/\s+/g, ' ')
    if (NEEDLESS.test(words)) return []
    if (/^(\/etc\/init\.d\/|service |systemctl )/.test(words)) return [words]
    const isTaken = PLAIN.test(words) && (firstMaker < 0 || index < firstMaker) && carry(node, words.split(' '))
    if (!isTaken && !carryEcho(node, words)) node.setup.push(command)
    return []
  })
}

/** What there is to say of a command that `carryScript` returned. */
export function programOf(node: string, command: string): [detail: string, more: { hint: string }] {
  return [
    `"${command}" starts a program as its container does.`,
    { hint: `If ${node} is to run it, give it a service: services: { NAME: { run: … } }.` },
  ]
}

function carry(node: ForeignNode, [program = '', ...words]: string[]): boolean {
  const carrier = CARRIERS.get(program.replace(/^\/(usr\/)?s?bin\//, ''))
  return carrier !== undefined && carrier(node, words)
}

const CARRIERS: ReadonlyMap<string, (node: ForeignNode, words: string[]) => boolean> = new Map([
  ['ip', carryIp],
  ['ifconfig', carryIfconfig],
  ['route', carryRoute],
  ['sysctl', carrySysctl],
  ['iptables', (node, words) => carryRule(node.iptables, words)],
  ['ip6tables', (node, words) => carryRule(node.ip6tables, words)],
])

/** `echo 1 > /proc/sys/net/ipv4/ip_forward` */
function carryEcho(node: ForeignNode, line: string): boolean {
  const [, value, path] = /^echo ["']?(\S+?)["']? ?> ?\/proc\/sys\/(net\/\S+)$/.exec(line) ?? []
  return value !== undefined && path !== undefined && setSysctl(node, path.replaceAll('/', '.'), value)
}

function carrySysctl(node: ForeignNode, words: string[]): boolean {
  const settings = words.filter((word) => !word.startsWith('-')).map((word) => word.split('='))
  if (settings.length === 0 || !settings.every(([name, value]) => name?.startsWith('net.') === true && value !== undefined)) return false
  return settings.every(([name = '', value = '']) => setSysctl(node, name, value))
}

function setSysctl(node: ForeignNode, name: string, value: string): boolean {
  if ((name === 'net.ipv4.ip_forward' || name === 'net.ipv6.conf.all.forwarding') && value === '1') node.forwarding = true
  else node.sysctls.set(name, value)
  return true
}

function carryIp(node: ForeignNode, words: string[]): boolean {
  const [noun = '', verb = '', ...rest] = words.filter((word) => word !== '-4' && word !== '-6')
  if (noun === '' || verb === '') return false
  const isNoun = (whole: string): boolean => whole.startsWith(noun) // as ip(8) reads it
  if (isNoun('link')) return verb === 'set' && carryLink(node, rest)
  if (!'add'.startsWith(verb) && verb !== 'replace') return false
  if (isNoun('address')) return carryAddress(node, rest)
  if (isNoun('route')) return add(node.routes, rest)
  return isNoun('rule') && add(node.rules, rest)
}

function add(lines: string[], words: readonly string[]): boolean {
  lines.push(words.join(' '))
  return true
}

function carryAddress(node: ForeignNode, words: string[]): boolean {
  const [address = '', ...rest] = words[0] === 'local' ? words.slice(1) : words
  const options = pairs(rest)
  const ifname = options?.get('dev')
  if (options === undefined || ifname === undefined || !/^[\d.a-f:]+(\/\d+)?$/i.test(address)) return false
  if ([...options.keys()].some((key) => !['dev', 'brd', 'broadcast'].includes(key))) return false
  return giveAddress(node, ifname, address)
}

function giveAddress(node: ForeignNode, ifname: string, address: string): boolean {
  if (ifname === 'lo') return add(node.loopback, [address])
  const link = node.interfaces.get(ifname)
  if (link === undefined) return false
  return add(link.addresses, [address.includes('/') ? address : `${address}/${address.includes(':') ? 128 : 32}`])
}

function carryLink(node: ForeignNode, words: string[]): boolean {
  const [ifname = '', ...rest] = words[0] === 'dev' ? words.slice(1) : words
  if (!node.interfaces.has(ifname)) return false
  const link = interfaceOf(node, ifname)
  const wanted = { ...link }
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index]
    if (word === 'up') wanted.isDown = false
    else if (word === 'down') wanted.isDown = true
    else if (word === 'mtu') wanted.mtu = Number(rest[++index])
    else if (word === 'address') wanted.mac = rest[++index] ?? ''
    else return false
  }
  Object.assign(link, wanted)
  return true
}

/** `ifconfig eth0 10.0.0.1/24 up`, `ifconfig eth0 10.0.0.1 netmask 255.255.255.0 up`, `ifconfig eth0 up`. */
function carryIfconfig(node: ForeignNode, [ifname = '', ...rest]: string[]): boolean {
  const words = rest.filter((word) => word !== 'up' && word !== 'inet')
  if (words.length === 0) return rest.length > 0 && node.interfaces.has(ifname)
  const [address = '', ...more] = words[0] === 'add' ? words.slice(1) : words
  const options = pairs(more)
  if (options === undefined || [...options.keys()].some((key) => key !== 'netmask' && key !== 'broadcast')) return false
  if (!/^[\d.a-f:]+(\/\d+)?$/i.test(address)) return false
  const netmask = options.get('netmask')
  if (!address.includes('/') && netmask === undefined) return false
  return giveAddress(node, ifname, netmask === undefined ? address : `${address}/${lengthOf(netmask)}`)
}

/** route(8): `add default gw 10.0.0.1`, `add -net 10.1.0.0/16 gw 10.0.0.1 dev eth0`, `add -net 10.1.0.0 netmask 255.255.0.0 …`. */
function carryRoute(node: ForeignNode, [verb, ...rest]: string[]): boolean {
  if (verb !== 'add') return false
  const words = rest.filter((word) => word !== '-net' && word !== '-host')
  const [to = '', ...more] = words
  const options = pairs(more.length % 2 === 1 ? [...more.slice(0, -1), 'dev', ...more.slice(-1)] : more)
  if (options === undefined || [...options.keys()].some((key) => !['gw', 'dev', 'netmask', 'metric'].includes(key))) return false
  const netmask = options.get('netmask')
  const target = netmask === undefined || to === 'default' ? to : `${to}/${lengthOf(netmask)}`
  const gateway = options.get('gw')
  if (gateway === undefined && options.get('dev') === undefined) return false
  const tail = ['dev', 'metric'].flatMap((key) => (options.has(key) ? [key, options.get(key) ?? ''] : []))
  return add(node.routes, [target === '0.0.0.0/0' ? 'default' : target, ...(gateway === undefined ? [] : ['via', gateway]), ...tail])
}

/** A rule, chain or policy; what deletes or lists is a command. */
function carryRule(rules: string[], words: readonly string[]): boolean {
  const [verb = ''] = words[0] === '-t' ? words.slice(2) : words
  return /^-[AINP]$/.test(verb) && add(rules, words)
}

function pairs(words: readonly string[]): Map<string, string> | undefined {
  if (words.length % 2 !== 0) return undefined
  const found = new Map<string, string>()
  for (let index = 0; index < words.length; index += 2) found.set(words[index] ?? '', words[index + 1] ?? '')
  return found
}

/** 255.255.255.0 → 24 */
function lengthOf(netmask: string): number {
  const bits = netmask.split('.').map((octet) => Number(octet).toString(2).padStart(8, '0'))
  return bits.join('').replace(/0+$/, '').length
}
