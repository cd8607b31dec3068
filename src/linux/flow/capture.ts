// Taps on the interfaces of many nodes at once, to see where a packet went and where it was last. packet(7).
import { close } from '../libc.ts'
import { decodeLink, getLinks } from '../message/link.ts'
import { dump } from '../transport.ts'
import { RTM_GETLINK } from '../uapi.ts'
import { namespaceOf, withinNet, type OpenNamespace, type World } from '../world.ts'
import { decodeFrame, type Packet } from './packet.ts'
import type { Reactor } from './reactor.ts'
import { AF_PACKET, EPOLLIN, openSocket, receiveMessage, setSocketOption, SO_TIMESTAMPNS, SOCK_RAW, type Received } from './socket.ts'

/** One packet on one interface. */
export interface Sighting {
  readonly netns: string
  readonly ifname: string
  /** Whether it left by the interface, or came in. */
  readonly isOut: boolean
  readonly atMs: number
  readonly packet: Packet
  /** Whether the interface is a port of a bridge: what it sees is for whoever is behind. */
  readonly isPort?: true
  /** As it was on the wire, where that was asked for. */
  readonly frame?: Uint8Array
}

export interface Capture {
  /** Ends it; what was seen, in the order of time. */
  stop(): Sighting[]
}

const ETH_P_ALL = 0x0300 // 3, in network byte order
const PACKET_OTHERHOST = 3
const PACKET_OUTGOING = 4
const LOOPBACK = 1
/** A storm must not fill the memory. */
const MAX_SIGHTINGS = 20_000

/** Watches all interfaces of the namespaces but `lo`. Frames for others, which a switch floods, are a sighting at the switch's ports alone. */
export function startCapture(world: World, names: readonly string[], reactor: Reactor, withFrames: boolean): Capture {
  const sightings: Sighting[] = []
  const taps = names.map((name) => {
    const namespace = namespaceOf(world, name)
    const taps = tappedLinks(namespace)
    const fd = withinNet(world, namespace, () => openSocket(AF_PACKET, SOCK_RAW, ETH_P_ALL))
    setSocketOption(fd, SO_TIMESTAMPNS, 1)
    const read = (): void => {
      for (let message = receiveMessage(fd); message !== undefined; message = receiveMessage(fd)) {
        const sighting = sightings.length < MAX_SIGHTINGS ? sightingOf(name, taps, message) : undefined
        if (sighting !== undefined) sightings.push(withFrames ? { ...sighting, frame: Uint8Array.from(message.bytes) } : sighting)
      }
    }
    return { fd, read, unwatch: reactor.watch(fd, EPOLLIN, read) }
  })
  return {
    stop: () => {
      for (const { fd, read, unwatch } of taps) {
        read()
        unwatch()
        close(fd)
      }
      return sightings.sort((a, b) => a.atMs - b.atMs)
    },
  }
}

/** `name` is a sockaddr_ll: family, protocol, ifindex, hatype, pkttype. */
function sightingOf(netns: string, links: ReadonlyMap<number, TappedLink>, { bytes, name, atMs }: Received): Sighting | undefined {
  const [ifindex, pkttype] = [name.readInt32LE(4), name[10]!]
  const { ifname, isPort } = links.get(ifindex) ?? { ifname: String(ifindex), isPort: false }
  if (ifindex === LOOPBACK || (pkttype === PACKET_OTHERHOST && !isPort)) return undefined
  const packet = decodeFrame(bytes)
  return packet && { netns, ifname, isOut: pkttype === PACKET_OUTGOING, atMs, packet, ...(isPort && { isPort }) }
}

interface TappedLink {
  readonly ifname: string
  readonly isPort: boolean
}

function tappedLinks({ netlink }: OpenNamespace): Map<number, TappedLink> {
  const links = new Map<number, TappedLink>()
  const each = (body: Buffer): void => {
    const link = decodeLink(body, false)
    links.set(link.ifindex, { ifname: link.ifname, isPort: link.portState !== undefined })
  }
  dump(netlink, RTM_GETLINK, getLinks(false), each, () => links.clear())
  return links
}
