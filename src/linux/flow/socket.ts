// Sockets of the internet families, through koffi: opened inside a namespace, in which they stay. ip(7), ipv6(7), raw(7), epoll(7).
import { koffi, libraryFunctions } from '../foreign.ts'
import { SyscallError, close } from '../libc.ts'
import { ipBytes, ipText } from '../message/bytes.ts'

export const AF_INET = 2
export const AF_INET6 = 10
export const AF_PACKET = 17
export const SOCK_STREAM = 1
export const SOCK_DGRAM = 2
export const SOCK_RAW = 3
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
export const IPPROTO_ICMP = 1
export const IPPROTO_TCP = 6
export const IPPROTO_UDP = 17
export const IPPROTO_ICMPV6 = 58
export const IPPROTO_RAW = 255
const SOL_SOCKET = 1
export const SO_ERROR = 4
export const SO_LINGER = 13
export const SO_TIMESTAMPNS = 35 // the "old" one: 64-bit words on a 64-bit machine
export const SOL_IP = 0
export const IP_TTL = 2
export const IP_MTU_DISCOVER = 10
export const IP_RECVERR = 11
export const SOL_IPV6 = 41
export const IPV6_UNICAST_HOPS = 16
export const IPV6_MTU_DISCOVER = 23
export const IPV6_RECVERR = 25
export const IPV6_RECVHOPLIMIT = 51
export const IPV6_HOPLIMIT = 52
/** Sets DF and does not heed the path MTU that the kernel has learnt. */
export const PMTUDISC_PROBE = 3
export const PMTUDISC_WANT = 1
const MSG_ERRQUEUE = 0x2000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
export const EPOLLIN = 1
export const EPOLLOUT = 4
export const EPOLLERR = 8
export const EPOLLHUP = 16
const CLOCK_REALTIME = 0

const c = libraryFunctions({
  socket: 'int socket(int domain, int type, int protocol)',
  bind: 'int bind(int fd, const uint8_t *address, uint32_t length)',
  connect: 'int connect(int fd, const uint8_t *address, uint32_t length)',
  sendto: 'long sendto(int fd, const uint8_t *bytes, size_t length, int flags, const uint8_t *address, uint32_t size)',
  recvmsg: 'long recvmsg(int fd, void *message, int flags)',
  getsockname: 'int getsockname(int fd, uint8_t *address, uint8_t *length)',
  getsockopt: 'int getsockopt(int fd, int level, int name, uint8_t *value, uint8_t *length)',
  setsockopt: 'int setsockopt(int fd, int level, int name, const uint8_t *value, uint32_t length)',
  clockGettime: 'int clock_gettime(int clock, uint8_t *time)',
})

function checked(syscall: string, result: number | bigint): number {
  if (Number(result) < 0) throw new SyscallError(syscall, koffi().errno())
  return Number(result)
}

/** socket(2): non-blocking, close on exec, in the network namespace that this thread is in. */
export function openSocket(domain: number, type: number, protocol: number): number {
  return checked('socket', c.socket(domain, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol))
}

/** sockaddr_in or sockaddr_in6 of an address in canonical text. */
export function socketAddress(address: string, port: number): Buffer {
  const ip = ipBytes(address)
  const bytes = Buffer.alloc(ip.length === 4 ? 16 : 28)
  bytes.writeUInt16LE(ip.length === 4 ? AF_INET : AF_INET6, 0)
  bytes.writeUInt16BE(port, 2)
  bytes.set(ip, ip.length === 4 ? 4 : 8)
  return bytes
}

/** The address in a sockaddr_in or sockaddr_in6; undefined for any other family. */
function addressText(bytes: Buffer): string | undefined {
  const family = bytes.length < 8 ? 0 : bytes.readUInt16LE(0)
  if (family === AF_INET) return ipText(bytes.subarray(4, 8))
  return family === AF_INET6 ? ipText(bytes.subarray(8, 24)) : undefined
}

/** bind(2). */
export function bind(fd: number, address: Uint8Array): void {
  checked('bind', c.bind(fd, address, address.length))
}

/** connect(2). A connection that is on its way is no error. */
export function connect(fd: number, address: Uint8Array): void {
  if (c.connect(fd, address, address.length) < 0 && koffi().errno() !== EINPROGRESS) throw new SyscallError('connect', koffi().errno())
}
const EINPROGRESS = 115

/** connect(2) to nobody: a datagram socket forgets its peer, and the address that it would have sent from. */
export function disconnect(fd: number): void {
  const address = Buffer.alloc(16) // AF_UNSPEC
  checked('connect', c.connect(fd, address, address.length))
}
const EAGAIN = 11

/** sendto(2). */
export function sendTo(fd: number, bytes: Uint8Array, address: Uint8Array): void {
  checked('sendto', c.sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, address, address.length))
}

/** send(2) on a connected socket. */
export function sendConnected(fd: number, bytes: Uint8Array): void {
  checked('send', c.sendto(fd, bytes, bytes.length, MSG_NOSIGNAL, null, 0))
}

/** setsockopt(2). */
export function setOption(fd: number, level: number, name: number, value: number | Uint8Array): void {
  const bytes = typeof value === 'number' ? Buffer.alloc(4) : value
  if (typeof value === 'number') (bytes as Buffer).writeInt32LE(value)
  checked('setsockopt', c.setsockopt(fd, level, name, bytes, bytes.length))
}

/** setsockopt(2) of SOL_SOCKET. */
export function setSocketOption(fd: number, name: number, value: number | Uint8Array): void {
  setOption(fd, SOL_SOCKET, name, value)
}

/** SO_ERROR: the pending errno, which is then forgotten; 0 where there is none. */
export function pendingErrno(fd: number): number {
  const value = Buffer.alloc(4)
  const length = Buffer.from([4, 0, 0, 0])
  checked('getsockopt', c.getsockopt(fd, SOL_SOCKET, SO_ERROR, value, length))
  return value.readInt32LE(0)
}

/** Port that a socket is bound to. */
export function localPort(fd: number): number {
  const address = Buffer.alloc(28)
  const length = Buffer.from([28, 0, 0, 0])
  checked('getsockname', c.getsockname(fd, address, length))
  return address.readUInt16BE(2)
}

const clock = Buffer.alloc(16)

/** CLOCK_REALTIME in milliseconds, the clock of `Received.atMs`. */
export function realtimeMs(): number {
  c.clockGettime(CLOCK_REALTIME, clock)
  return timespecMs(clock)
}

function timespecMs(bytes: Buffer): number {
  return Number(bytes.readBigInt64LE(0)) * 1000 + Number(bytes.readBigInt64LE(8)) / 1e6
}

/** What one recvmsg(2) gave. `bytes` and `name` are valid until the next. */
export interface Received {
  readonly bytes: Buffer
  /** Address that it came from, where it has one of the internet. */
  readonly from: string | undefined
  /** The whole sockaddr. */
  readonly name: Buffer
  /** When the kernel took it in (SO_TIMESTAMPNS), else now. */
  readonly atMs: number
  /** IPV6_HOPLIMIT, where it was asked for. */
  readonly hopLimit?: number
  /** IP_RECVERR: what the error queue says. */
  readonly error?: QueuedError
}

/** struct sock_extended_err, <linux/errqueue.h>. */
export interface QueuedError {
  readonly errno: number
  readonly isIcmp: boolean
  readonly type: number
  readonly code: number
  readonly info: number
  /** SO_EE_OFFENDER: who sent the ICMP message. */
  readonly offender: string | undefined
}

// One thread, one message at a time: the memory is shared by all sockets. msghdr (56 bytes), iovec (16), then name, control, data.
const IOVEC = 56
const NAME = 72
const NAME_BYTES = 128
const CONTROL = NAME + NAME_BYTES
const CONTROL_BYTES = 512
const DATA = CONTROL + CONTROL_BYTES
const DATA_BYTES = 65536
const block: unknown = koffi().alloc('uint8_t', DATA + DATA_BYTES)
const memory = Buffer.from(koffi().view(block, DATA + DATA_BYTES))
const base = koffi().address(block)
memory.writeBigUInt64LE(base + BigInt(NAME), 0)
memory.writeBigUInt64LE(base + BigInt(IOVEC), 16)
memory.writeBigUInt64LE(1n, 24)
memory.writeBigUInt64LE(base + BigInt(CONTROL), 32)
memory.writeBigUInt64LE(base + BigInt(DATA), IOVEC)
memory.writeBigUInt64LE(BigInt(DATA_BYTES), IOVEC + 8)

/** recvmsg(2) without waiting; undefined where nothing is there. With `fromErrorQueue`, what IP_RECVERR has kept. */
export function receiveMessage(fd: number, fromErrorQueue = false): Received | undefined {
  memory.writeUInt32LE(NAME_BYTES, 8)
  memory.writeBigUInt64LE(BigInt(CONTROL_BYTES), 40)
  const length = Number(c.recvmsg(fd, block, MSG_DONTWAIT | (fromErrorQueue ? MSG_ERRQUEUE : 0)))
  if (length < 0) {
    const errno = koffi().errno()
    if (errno === EAGAIN) return undefined
    throw new SyscallError('recvmsg', errno)
  }
  const name = memory.subarray(NAME, NAME + memory.readUInt32LE(8))
  const control = readControl(memory.subarray(CONTROL, CONTROL + Number(memory.readBigUInt64LE(40))))
  return { bytes: memory.subarray(DATA, DATA + length), from: addressText(name), name, atMs: control.atMs ?? realtimeMs(), ...control }
}

function readControl(control: Buffer): Partial<Pick<Received, 'atMs' | 'hopLimit' | 'error'>> {
  const found: { atMs?: number; hopLimit?: number; error?: QueuedError } = {}
  for (let at = 0; at + 16 <= control.length;) {
    const length = Number(control.readBigUInt64LE(at))
    if (length < 16) break
    const [level, type] = [control.readInt32LE(at + 8), control.readInt32LE(at + 12)]
    const data = control.subarray(at + 16, at + length)
    if (level === SOL_SOCKET && type === SO_TIMESTAMPNS) found.atMs = timespecMs(data)
    if (level === SOL_IPV6 && type === IPV6_HOPLIMIT) found.hopLimit = data.readInt32LE(0)
    if ((level === SOL_IP && type === IP_RECVERR) || (level === SOL_IPV6 && type === IPV6_RECVERR)) found.error = readError(data)
    at += (length + 7) & ~7
  }
  return found
}

const SO_EE_ORIGIN_ICMP = 2
const SO_EE_ORIGIN_ICMP6 = 3

function readError(data: Buffer): QueuedError {
  const origin = data[4]!
  return {
    errno: data.readUInt32LE(0),
    isIcmp: origin === SO_EE_ORIGIN_ICMP || origin === SO_EE_ORIGIN_ICMP6,
    type: data[5]!,
    code: data[6]!,
    info: data.readUInt32LE(8),
    offender: addressText(data.subarray(16)),
  }
}

/** close(2), without SO_LINGER's wait: a connection is reset. */
export function reset(fd: number): void {
  setSocketOption(fd, SO_LINGER, Buffer.from([1, 0, 0, 0, 0, 0, 0, 0]))
  close(fd)
}
