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

/** Watches all interfaces of the namespaces but `lo`. Frames for others, which a switch floods, are no sighting. */
export function startCapture(world: World, names: readonly string[], reactor: Reactor, withFrames: boolean): Capture {
  const sightings: Sighting[] = []
  const taps = names.map((name) => {
    const namespace = namespaceOf(world, name)
    const ifnames = ifnamesOf(namespace)
    const fd = withinNet(world, namespace, () => openSocket(AF_PACKET, SOCK_RAW, ETH_P_ALL))
    setSocketOption(fd, SO_TIMESTAMPNS, 1)
    const read = (): void => {
      for (let message = receiveMessage(fd); message !== undefined; message = receiveMessage(fd)) {
        const sighting = sightings.length < MAX_SIGHTINGS ? sightingOf(name, ifnames, message) : undefined
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
function sightingOf(netns: string, ifnames: ReadonlyMap<number, string>, { bytes, name, atMs }: Received): Sighting | undefined {
  const [ifindex, pkttype] = [name.readInt32LE(4), name[10]!]
  if (ifindex === LOOPBACK || pkttype === PACKET_OTHERHOST) return undefined
  const packet = decodeFrame(bytes)
  return packet && { netns, ifname: ifnames.get(ifindex) ?? String(ifindex), isOut: pkttype === PACKET_OUTGOING, atMs, packet }
}

function ifnamesOf({ netlink }: OpenNamespace): Map<number, string> {
  const names = new Map<number, string>()
  const each = (body: Buffer): void => {
    const link = decodeLink(body, false)
    names.set(link.ifindex, link.ifname)
  }
  dump(netlink, RTM_GETLINK, getLinks(false), each, () => names.clear())
  return names
}
