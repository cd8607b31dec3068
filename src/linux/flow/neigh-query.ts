// Asks a link by ARP or neighbour discovery who has an address, past the kernel's own table, and hears everybody who answers.
// RFC 826, RFC 4861; packet(7).
import { close } from '../libc.ts'
import { decodeLink, getLinks } from '../message/link.ts'
import { lladdrBytes, lladdrText, ipBytes, ipText } from '../message/bytes.ts'
import { dump } from '../transport.ts'
import { RTM_GETLINK } from '../uapi.ts'
import { namespaceOf, withinNet, type World } from '../world.ts'
import type { FlowAnswer, NeighFlow } from './flow.ts'
import type { Reactor } from './reactor.ts'
import { lookupRoute } from './route-lookup.ts'
import { AF_PACKET, bind, EPOLLIN, openSocket, receiveMessage, sendTo, SOCK_RAW } from './socket.ts'

const ETHERTYPE_ARP = 0x0806
const ETHERTYPE_IPV6 = 0x86dd
const BROADCAST = 'ff:ff:ff:ff:ff:ff'
const [NEIGHBOUR_SOLICITATION, NEIGHBOUR_ADVERTISEMENT] = [135, 136]
/** After the first answer, how long to listen for a second. */
const SECOND_ANSWER_MS = 200

/** Sends one request; `finish` is called once, when nobody else can be expected to answer. */
export function askNeigh(world: World, flow: NeighFlow, reactor: Reactor, finish: (answer: FlowAnswer) => void): () => void {
  const route = lookupRoute(world, { from: flow.from, to: flow.to })
  if (route.code !== undefined) {
    finish({ outcome: 'error', syscall: 'route', code: route.code })
    return () => undefined
  }
  const { dev = '', src = '' } = route
  const { ifindex, lladdr } = linkOf(world, flow.from, dev)
  // Tunnels that carry packets alone: there are no neighbours to be told apart, and no frame to ask them with.
  if (lladdr?.length !== BROADCAST.length) {
    finish({ outcome: 'error', syscall: 'neigh', code: 'EOPNOTSUPP' })
    return () => undefined
  }
  const isV6 = flow.to.includes(':')
  const ethertype = isV6 ? ETHERTYPE_IPV6 : ETHERTYPE_ARP
  const fd = withinNet(world, namespaceOf(world, flow.from), () => openSocket(AF_PACKET, SOCK_RAW, swap16(ethertype)))
  const here = linkAddress(ifindex, ethertype)
  bind(fd, here)
  const macs = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  let isDone = false
  const end = (): void => {
    if (isDone) return
    isDone = true
    clearTimeout(timer)
    unwatch()
    close(fd)
    finish(macs.size === 0 ? { outcome: 'silent' } : { outcome: 'neighbours', macs: [...macs], dev })
  }
  const unwatch = reactor.watch(fd, EPOLLIN, () => {
    for (let message = receiveMessage(fd); message !== undefined; message = receiveMessage(fd)) {
      const mac = isV6 ? advertiser(message.bytes, flow.to) : replier(message.bytes, flow.to)
      if (mac === undefined || mac === lladdr) continue
      macs.add(mac)
      timer ??= setTimeout(end, SECOND_ANSWER_MS)
    }
  })
  const source = src === '' ? (isV6 ? '::' : '0.0.0.0') : src
  sendTo(fd, isV6 ? solicitation(lladdr, source, flow.to) : arpRequest(lladdr, source, flow.to), here)
  return end
}

function linkOf(world: World, netns: string, dev: string): { ifindex: number; lladdr?: string } {
  let found: { ifindex: number; lladdr?: string } = { ifindex: 0 }
  const each = (body: Buffer): void => {
    const { ifname, ifindex, lladdr } = decodeLink(body, false)
    if (ifname === dev) found = { ifindex, ...(lladdr !== undefined && { lladdr }) }
  }
  dump(namespaceOf(world, netns).netlink, RTM_GETLINK, getLinks(false), each, () => undefined)
  return found
}

function swap16(value: number): number {
  return ((value & 0xff) << 8) | (value >> 8)
}

/** struct sockaddr_ll, 20 bytes. */
function linkAddress(ifindex: number, ethertype: number): Buffer {
  const address = Buffer.alloc(20)
  address.writeUInt16LE(AF_PACKET, 0)
  address.writeUInt16BE(ethertype, 2)
  address.writeInt32LE(ifindex, 4)
  return address
}

function arpRequest(mac: string, source: string, target: string): Buffer {
  const body = Buffer.alloc(28)
  body.writeUInt16BE(1, 0) // Ethernet
  body.writeUInt16BE(0x0800, 2)
  body[4] = 6
  body[5] = 4
  body.writeUInt16BE(1, 6) // request
  body.set(lladdrBytes(mac), 8)
  body.set(ipBytes(source), 14)
  body.set(ipBytes(target), 24)
  return Buffer.concat([ethernet(BROADCAST, mac, ETHERTYPE_ARP), body])
}

function ethernet(to: string, from: string, ethertype: number): Buffer {
  const type = Buffer.alloc(2)
  type.writeUInt16BE(ethertype)
  return Buffer.concat([lladdrBytes(to), lladdrBytes(from), type])
}

/** MAC address of an ARP reply for `target`. */
function replier(frame: Buffer, target: string): string | undefined {
  const body = frame.subarray(14)
  if (frame.readUInt16BE(12) !== ETHERTYPE_ARP || body.length < 28 || body.readUInt16BE(6) !== 2) return undefined
  return ipText(body.subarray(14, 18)) === target ? lladdrText(body.subarray(8, 14)) : undefined
}

/** To the solicited-node multicast address, with the source link-layer address option. RFC 4861 section 4.3. */
function solicitation(mac: string, source: string, target: string): Buffer {
  const targetBytes = ipBytes(target)
  const group = Buffer.concat([Buffer.from('ff0200000000000000000001ff', 'hex'), targetBytes.subarray(13)])
  const icmp = Buffer.alloc(32)
  icmp[0] = NEIGHBOUR_SOLICITATION
  icmp.set(targetBytes, 8)
  icmp.set([1, 1, ...lladdrBytes(mac)], 24)
  const header = Buffer.alloc(40)
  header[0] = 0x60
  header.writeUInt16BE(icmp.length, 4)
  header[6] = 58
  header[7] = 255
  header.set(ipBytes(source), 8)
  header.set(group, 24)
  const pseudo = Buffer.alloc(8)
  pseudo.writeUInt32BE(icmp.length, 0)
  pseudo[7] = 58
  icmp.writeUInt16BE(sum16(Buffer.concat([header.subarray(8), pseudo, icmp])), 2)
  const to = `33:33:${lladdrText(group.subarray(12))}`
  return Buffer.concat([ethernet(to, mac, ETHERTYPE_IPV6), header, icmp])
}

/** RFC 1071; the length is even. */
function sum16(bytes: Buffer): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}

/** MAC address of a neighbour advertisement for `target`: its option, else whoever sent the frame. */
function advertiser(frame: Buffer, target: string): string | undefined {
  const icmp = frame.subarray(14 + 40)
  if (frame.length < 14 + 40 + 24 || frame[14 + 6] !== 58 || icmp[0] !== NEIGHBOUR_ADVERTISEMENT) return undefined
  if (ipText(icmp.subarray(8, 24)) !== target) return undefined
  return icmp.length >= 32 && icmp[24] === 2 ? lladdrText(icmp.subarray(26, 32)) : lladdrText(frame.subarray(6, 12))
}
