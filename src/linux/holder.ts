// The engine's side of a lab's holder process: native/hold.c tells the protocol.
import { AF_UNIX, close, connectUnix, receiveDescriptors, sendDescriptors, SOCK_SEQPACKET, socket } from './libc.ts'
import { isErrno } from './sysctl.ts'
import { isolationText, parseIsolation, type Isolation } from '../state/isolation.ts'

/** A connection to a holder. Close it with `closeHolder`. */
export interface Holder {
  readonly pid: number
  readonly fd: number
  /** Namespaces that are to be put, by how many descriptors each has: they travel many to a packet. */
  readonly waiting: Map<1 | 3, { names: string[]; descriptors: number[] }>
}

/** The namespaces of one name, as descriptors of this process. */
export interface HeldNamespaces {
  readonly net: number
  readonly mnt: number
  readonly uts: number
}

/** Connects to the holder whose socket lies in `directory`. Errors: HOLDER_ENDED; SyscallError ENOENT where there never was one. */
export function connectHolder(directory: string, pid: number): Holder {
  const fd = socket(AF_UNIX, SOCK_SEQPACKET, 0)
  const home = process.cwd()
  process.chdir(directory) // the socket is named relative: a path has 107 bytes at most
  try {
    connectUnix(fd, 'holder.sock')
  } catch (error) {
    close(fd)
    throw isErrno(error, 'ECONNREFUSED') ? holderEnded() : error
  } finally {
    process.chdir(home)
  }
  return { pid, fd, waiting: new Map() }
}

/** Closes the connection; the holder lives on. */
export function closeHolder(holder: Holder): void {
  close(holder.fd)
}

/** Code of the error when the holder has died while the engine worked with it. */
export const HOLDER_ENDED = 'HOLDER_ENDED'

/** To be thrown where it has. */
export function holderEnded(): Error {
  return Object.assign(new Error("The lab's holder process has ended"), { code: HOLDER_ENDED })
}

function ask(holder: Holder, text: string, descriptors: readonly number[] = []): number[] {
  return askFor(holder, text, descriptors).descriptors
}

/** The answer's words, after the "ok", say what came. */
function askFor(holder: Holder, text: string, descriptors: readonly number[] = []): { words: string[]; descriptors: number[] } {
  send(holder, text, descriptors)
  const answer = receive(holder)
  const [verdict, ...words] = answer.text.split(' ')
  if (verdict !== 'ok') throw refusedByHolder(text, answer.text)
  return { words, descriptors: answer.descriptors }
}

/** With the code EMFILE where the holder may have no more descriptors: native/hold.c, put_one. */
function refusedByHolder(text: string, answer: string): Error {
  const error = new Error(`The lab's holder answered "${answer}" to "${text}"`)
  return answer.includes('RLIMIT_NOFILE') ? Object.assign(error, { code: 'EMFILE' }) : error
}

/** The next packet of the holder's. */
function receive(holder: Holder): { text: string; descriptors: number[] } {
  const packet = whileItLives(() => receiveDescriptors(holder.fd))
  if (packet.text === '') throw holderEnded()
  return packet
}

function send(holder: Holder, text: string, descriptors: readonly number[]): void {
  whileItLives(() => sendDescriptors(holder.fd, text, descriptors))
}

function whileItLives<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw isErrno(error, 'EPIPE') || isErrno(error, 'ECONNRESET') ? holderEnded() : error
  }
}

/** As native/nsexec.h, PACKET_FDS. */
const PACKET_FDS = 240

/**
 * Gives namespaces into the holder's keeping: net alone, or net, mnt and uts. The descriptors stay ours to close, but not before
 * `flushPuts`: they travel many to a packet.
 */
export function putNamespaces(holder: Holder, name: string, descriptors: readonly number[]): void {
  const count = descriptors.length === 1 ? 1 : 3
  const waiting = holder.waiting.get(count) ?? { names: [], descriptors: [] }
  holder.waiting.set(count, waiting)
  waiting.names.push(name)
  waiting.descriptors.push(...descriptors)
  if (waiting.descriptors.length + count > PACKET_FDS) flushPuts(holder)
}

/** Returns when the holder has all that was put. */
export function flushPuts(holder: Holder): void {
  for (const [count, { names, descriptors }] of holder.waiting) ask(holder, `put ${count} ${names.join(' ')}`, descriptors)
  holder.waiting.clear()
}

/** Takes copies of the descriptors of a name; `mnt` and `uts` are the holder's own where the name has none. */
export function getNamespaces(holder: Holder, name: string): HeldNamespaces {
  flushPuts(holder)
  const { words, descriptors } = askFor(holder, `get ${name}`)
  const found = new Map(descriptors.map((descriptor, index) => [words[index], descriptor]))
  const [net, mnt, uts] = ['net', 'mnt', 'uts'].map((kind) => found.get(kind)) as [number, number, number]
  for (const descriptor of descriptors) if (![net, mnt, uts].includes(descriptor)) close(descriptor)
  return { net, mnt, uts }
}

/** What a node isolates from now on. What runs in its pid namespace ends. */
export function isolate(holder: Holder, name: string, isolation: Isolation): void {
  flushPuts(holder)
  ask(holder, `isolate ${name} ${isolationText(isolation)}`)
}

/** A new procfs of the lab's pid namespace, mounted nowhere; undefined where the kernel mounts none. It is the caller's to close. */
export function openProc(holder: Holder): number | undefined {
  send(holder, 'proc', [])
  return receive(holder).descriptors[0]
}

/** The holder lets go; the kernel frees the namespaces when no process is in them. */
export function dropNamespaces(holder: Holder, name: string): void {
  flushPuts(holder)
  ask(holder, `del ${name}`)
}

/** One line of the holder's list. */
export interface HeldName {
  readonly name: string
  /** Number of the net descriptor in the holder: /proc/<pid>/fd/<netFd>. */
  readonly netFd: number
  readonly hasMnt: boolean
  /** Of a node. */
  readonly isolation?: Isolation
}

/** Everything that the holder keeps, in no order. Errors: HOLDER_ENDED. */
export function listNamespaces(holder: Holder): HeldName[] {
  flushPuts(holder)
  send(holder, 'list', [])
  const names: HeldName[] = []
  for (;;) {
    const { text } = receive(holder)
    if (text === '\n') return names
    for (const line of text.split('\n')) {
      const [name, net, mnt, isolated] = line.split(' ')
      if (name === undefined || net === undefined || isolated === undefined) continue
      const hasMnt = mnt !== '-1'
      names.push({ name, netFd: Number(net), hasMnt, ...(hasMnt && { isolation: parseIsolation(isolated) }) })
    }
  }
}
