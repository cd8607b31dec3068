// Generic netlink family wireguard: WG_CMD_SET_DEVICE, WG_CMD_GET_DEVICE. <linux/wireguard.h>; wg(8). Keys are 32 bytes, base64 in the model.
import { AttrStream, parseAttributes, putU16, putU32, putU8 } from 'netlink/dist/structs.js'
import { request, type Request } from '../transport.ts'
import { AF_INET, AF_INET6 } from '../uapi.ts'
import {
  CTRL_ATTR_FAMILY_ID,
  CTRL_ATTR_FAMILY_NAME,
  CTRL_CMD_GETFAMILY,
  GENL_ID_CTRL,
  WG_CMD_GET_DEVICE,
  WG_CMD_SET_DEVICE,
  WG_GENL_VERSION,
  WGALLOWEDIP_A_CIDR_MASK,
  WGALLOWEDIP_A_FAMILY,
  WGALLOWEDIP_A_IPADDR,
  WGDEVICE_A_FWMARK,
  WGDEVICE_A_IFINDEX,
  WGDEVICE_A_LISTEN_PORT,
  WGDEVICE_A_PEERS,
  WGDEVICE_A_PRIVATE_KEY,
  WGPEER_A_ALLOWEDIPS,
  WGPEER_A_ENDPOINT,
  WGPEER_A_FLAGS,
  WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL,
  WGPEER_A_PRESHARED_KEY,
  WGPEER_A_PUBLIC_KEY,
  WGPEER_F_REMOVE_ME,
  WGPEER_F_REPLACE_ALLOWEDIPS,
} from '../uapi-genl.ts'
import { ipBytes, ipText, pushNested, zString } from './bytes.ts'
import type { WireguardChange, WireguardConfig, WireguardPeer } from '../../state/wireguard.ts'

/** struct genlmsghdr, 4 bytes: command, version, reserved. */
function genlmsghdr(command: number, version: number): Buffer {
  return Buffer.from([command, version, 0, 0])
}

/** Asks for the number of a family, which the kernel gives out anew at each boot. */
export function getFamily(name: string): Request {
  return request(GENL_ID_CTRL, 0, genlmsghdr(CTRL_CMD_GETFAMILY, 1), (out) => out.push(CTRL_ATTR_FAMILY_NAME, zString(name)))
}

/** The number in the answer. */
export function decodeFamily(body: Buffer): number | undefined {
  let id: number | undefined
  parseAttributes(body.subarray(4), ({ type, data }) => {
    if (type === CTRL_ATTR_FAMILY_ID) id = data.readUInt16LE(0)
  })
  return id
}

/** Same as: wg set wg0 private-key … listen-port … peer … Peers that are not named stay as they are. */
export function setWireguard(family: number, ifindex: number, change: WireguardChange): Request {
  const { privateKey, listenPort, fwmark, peers = [], gone = [] } = change
  return request(family, 0, genlmsghdr(WG_CMD_SET_DEVICE, WG_GENL_VERSION), (out) => {
    out.push(WGDEVICE_A_IFINDEX, putU32(ifindex))
    if (privateKey !== undefined) out.push(WGDEVICE_A_PRIVATE_KEY, keyBytes(privateKey))
    if (listenPort !== undefined) out.push(WGDEVICE_A_LISTEN_PORT, putU16(listenPort))
    if (fwmark !== undefined) out.push(WGDEVICE_A_FWMARK, putU32(fwmark))
    if (peers.length + gone.length === 0) return
    pushNested(out, WGDEVICE_A_PEERS, (list) => {
      for (const key of gone) {
        pushNested(list, 0, (out) => {
          out.push(WGPEER_A_PUBLIC_KEY, keyBytes(key))
          out.push(WGPEER_A_FLAGS, putU32(WGPEER_F_REMOVE_ME))
        })
      }
      for (const peer of peers) pushNested(list, 0, (out) => putPeer(out, peer))
    })
  })
}

function putPeer(out: AttrStream, peer: WireguardPeer): void {
  out.push(WGPEER_A_PUBLIC_KEY, keyBytes(peer.publicKey))
  out.push(WGPEER_A_FLAGS, putU32(WGPEER_F_REPLACE_ALLOWEDIPS))
  // 32 zero bytes: none.
  out.push(WGPEER_A_PRESHARED_KEY, peer.presharedKey === undefined ? Buffer.alloc(KEY_BYTES) : keyBytes(peer.presharedKey))
  if (peer.endpoint !== undefined) out.push(WGPEER_A_ENDPOINT, sockaddrBytes(peer.endpoint))
  out.push(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL, putU16(peer.persistentKeepalive))
  pushNested(out, WGPEER_A_ALLOWEDIPS, (list) => {
    for (const prefix of peer.allowedIps) {
      const [address, length] = prefix.split('/') as [string, string]
      pushNested(list, 0, (out) => {
        out.push(WGALLOWEDIP_A_FAMILY, putU16(address.includes(':') ? AF_INET6 : AF_INET))
        out.push(WGALLOWEDIP_A_IPADDR, ipBytes(address))
        out.push(WGALLOWEDIP_A_CIDR_MASK, putU8(Number(length)))
      })
    }
  })
}

const KEY_BYTES = 32

function keyBytes(key: string): Buffer {
  return key === '' ? Buffer.alloc(KEY_BYTES) : Buffer.from(key, 'base64')
}

// struct sockaddr_in, 16 bytes; struct sockaddr_in6, 28 bytes: family, port in network byte order, …
function sockaddrBytes(endpoint: string): Buffer {
  const colon = endpoint.lastIndexOf(':')
  const address = endpoint.slice(0, colon).replace(/^\[|\]$/g, '')
  const isIpv6 = address.includes(':')
  const bytes = Buffer.alloc(isIpv6 ? 28 : 16)
  bytes.writeUInt16LE(isIpv6 ? AF_INET6 : AF_INET, 0)
  bytes.writeUInt16BE(Number(endpoint.slice(colon + 1)), 2)
  ipBytes(address).copy(bytes, isIpv6 ? 8 : 4)
  return bytes
}

function sockaddrText(bytes: Buffer): string {
  const port = bytes.readUInt16BE(2)
  return bytes.readUInt16LE(0) === AF_INET6 ? `[${ipText(bytes.subarray(8, 24))}]:${port}` : `${ipText(bytes.subarray(4, 8))}:${port}`
}

/** Header and attributes of a WG_CMD_GET_DEVICE dump. */
export function getWireguard(ifindex: number): Buffer {
  const stream = new AttrStream()
  stream.emit(genlmsghdr(WG_CMD_GET_DEVICE, WG_GENL_VERSION))
  stream.push(WGDEVICE_A_IFINDEX, putU32(ifindex))
  return Buffer.concat(stream.bufs)
}

/** Decodes one message of the dump; a device with many peers takes several, each with some of them. */
export function decodeWireguard(body: Buffer): WireguardConfig {
  const values = new Map<number, Buffer>()
  parseAttributes(body.subarray(4), ({ type, data }) => values.set(type, data))
  const peers = new Map<string, WireguardPeer>()
  const list = values.get(WGDEVICE_A_PEERS)
  if (list !== undefined)
    parseAttributes(list, ({ data }) => {
      const peer = decodePeer(data)
      peers.set(peer.publicKey, peer)
    })
  return {
    privateKey: keyText(values.get(WGDEVICE_A_PRIVATE_KEY)) ?? '',
    listenPort: values.get(WGDEVICE_A_LISTEN_PORT)?.readUInt16LE(0) ?? 0,
    fwmark: values.get(WGDEVICE_A_FWMARK)?.readUInt32LE(0) ?? 0,
    peers,
  }
}

/** Two parts of one device. A peer whose prefixes did not fit one message stands in both. */
export function joinWireguard(one: WireguardConfig, other: WireguardConfig): WireguardConfig {
  const peers = new Map(one.peers)
  for (const [key, peer] of other.peers) {
    const before = peers.get(key)
    peers.set(key, before === undefined ? peer : { ...before, allowedIps: [...before.allowedIps, ...peer.allowedIps].sort() })
  }
  return { ...one, peers }
}

/** undefined for none, and for 32 zero bytes, which mean none. */
function keyText(bytes: Buffer | undefined): string | undefined {
  return bytes === undefined || bytes.every((byte) => byte === 0) ? undefined : bytes.toString('base64')
}

function decodePeer(bytes: Buffer): WireguardPeer {
  const values = new Map<number, Buffer>()
  parseAttributes(bytes, ({ type, data }) => values.set(type, data))
  const allowedIps: string[] = []
  const list = values.get(WGPEER_A_ALLOWEDIPS)
  if (list !== undefined) parseAttributes(list, ({ data }) => allowedIps.push(decodeAllowedIp(data)))
  const presharedKey = keyText(values.get(WGPEER_A_PRESHARED_KEY))
  const endpoint = values.get(WGPEER_A_ENDPOINT)
  return {
    publicKey: keyText(values.get(WGPEER_A_PUBLIC_KEY)) ?? '',
    ...(presharedKey !== undefined && { presharedKey }),
    ...(endpoint !== undefined && { endpoint: sockaddrText(endpoint) }),
    allowedIps: allowedIps.sort(),
    persistentKeepalive: values.get(WGPEER_A_PERSISTENT_KEEPALIVE_INTERVAL)?.readUInt16LE(0) ?? 0,
  }
}

function decodeAllowedIp(bytes: Buffer): string {
  const values = new Map<number, Buffer>()
  parseAttributes(bytes, ({ type, data }) => values.set(type, data))
  return `${ipText(values.get(WGALLOWEDIP_A_IPADDR) ?? Buffer.alloc(4))}/${values.get(WGALLOWEDIP_A_CIDR_MASK)?.[0] ?? 0}`
}
