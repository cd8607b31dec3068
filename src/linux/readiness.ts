// What tells that a service is ready, seen from the engine: sockets of a node's network, files of its tree.
import { closeSync, existsSync, readFileSync } from 'node:fs'
import { formatAddress } from '../unit/address.ts'
import { openat } from './libc.ts'
import { namespaceOf, within, withinNet, type World } from './world.ts'

/** Ports in use in one network namespace. */
export interface UsedPorts {
  /** With a socket that listens. */
  readonly tcp: readonly UsedPort[]
  /** With a socket that is bound. */
  readonly udp: readonly UsedPort[]
}

export interface UsedPort {
  /** `0.0.0.0` and `::` stand for all addresses. */
  readonly address: string
  readonly port: number
}

/** State of a socket in /proc/net/tcp. <net/tcp_states.h> */
const TCP_LISTEN = '0A'

export function usedPorts(world: World, netns: string): UsedPorts {
  return withinNet(world, namespaceOf(world, netns), () => ({
    tcp: ['tcp', 'tcp6'].flatMap((table) => portsOf(world, table, TCP_LISTEN)),
    udp: ['udp', 'udp6'].flatMap((table) => portsOf(world, table, undefined)),
  }))
}

/** Lines of proc_net_tcp(5): `sl local_address rem_address st …`, the address as ADDRESS:PORT in hexadecimal. */
function portsOf(world: World, table: string, state: string | undefined): UsedPort[] {
  const ports: UsedPort[] = []
  for (const line of readTable(world, table).split('\n').slice(1)) {
    const [, local = '', , found] = line.trim().split(/\s+/)
    if (local === '' || (state !== undefined && found !== state)) continue
    const [address = '', port = ''] = local.split(':')
    ports.push({ address: addressOf(address), port: parseInt(port, 16) })
  }
  return ports
}

/** Words of 32 bits, each in the byte order of this machine: little-endian on all that netlab is built for. */
function addressOf(hex: string): string {
  const bytes = Buffer.from(hex, 'hex').swap32()
  return formatAddress(bytes.length === 4 ? 4 : 6, BigInt(`0x${bytes.toString('hex')}`))
}

/** Of this thread's network; empty where the kernel has no IPv6. */
function readTable(world: World, table: string): string {
  let fd: number
  try {
    fd = openat(world.hostProc, `thread-self/net/${table}`)
  } catch {
    return ''
  }
  try {
    return readFileSync(fd, 'utf8')
  } finally {
    closeSync(fd)
  }
}

/** Whether the path is there, as the node sees it. */
export function pathExists(world: World, netns: string, path: string): boolean {
  return within(world, namespaceOf(world, netns), () => existsSync(path))
}
