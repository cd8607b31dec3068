// Waits for many sockets at once: epoll(7), whose wait is the one system call that another thread may make for us, since it is about
// no namespace. The engine's own loop goes on meanwhile, and hears its client.
import { koffi, libraryFunctions } from '../foreign.ts'
import { close, SyscallError } from '../libc.ts'

const c = libraryFunctions({
  create: 'int epoll_create1(int flags)',
  control: 'int epoll_ctl(int fd, int operation, int watched, const uint8_t *event)',
  wait: 'int epoll_wait(int fd, void *events, int count, int timeout)',
})

const EPOLL_CLOEXEC = 0o2000000
const EPOLL_CTL_ADD = 1
const EPOLL_CTL_DEL = 2
const EVENTS = 256
/** struct epoll_event is packed on x86-64 alone. <linux/eventpoll.h> */
const EVENT_BYTES = process.arch === 'x64' ? 12 : 16
const DATA_OFFSET = EVENT_BYTES - 8
/** A wait may not be longer: that the last socket was closed does not end it. */
const WAIT_MS = 50

/** Room for the events of one epoll_wait(2), outside the garbage collector's reach. */
class EventList {
  readonly block: unknown = koffi().alloc('uint8_t', EVENTS * EVENT_BYTES)
  readonly #bytes = Buffer.from(koffi().view(this.block, EVENTS * EVENT_BYTES))

  eventsAt(index: number): number {
    return this.#bytes.readUInt32LE(index * EVENT_BYTES)
  }

  ticketAt(index: number): number {
    return this.#bytes.readUInt32LE(index * EVENT_BYTES + DATA_OFFSET)
  }
}

export type EventHandler = (events: number) => void

/** Hears of sockets that have something to say. */
export class Reactor {
  readonly #fd: number
  /** What the other thread fills, and what this one does. */
  readonly #awaited = new EventList()
  readonly #polled = new EventList()
  /** By ticket. A descriptor's number comes back when it is closed, a ticket never: an event that comes late finds nobody. */
  readonly #handlers = new Map<number, EventHandler>()
  #lastTicket = 0
  #isWaiting = false
  #isClosed = false

  constructor() {
    this.#fd = c.create(EPOLL_CLOEXEC)
    if (this.#fd < 0) throw new SyscallError('epoll_create1', koffi().errno())
  }

  /** Calls `handler` with EPOLLIN, EPOLLOUT, EPOLLERR and EPOLLHUP for as long as they stand. Returns what ends it: call it before close(2). */
  watch(fd: number, events: number, handler: EventHandler): () => void {
    const ticket = ++this.#lastTicket
    const event = Buffer.alloc(EVENT_BYTES)
    event.writeUInt32LE(events, 0)
    event.writeUInt32LE(ticket, DATA_OFFSET)
    if (c.control(this.#fd, EPOLL_CTL_ADD, fd, event) < 0) throw new SyscallError('epoll_ctl', koffi().errno())
    this.#handlers.set(ticket, handler)
    if (!this.#isWaiting) this.#wait()
    return () => {
      if (this.#handlers.delete(ticket)) c.control(this.#fd, EPOLL_CTL_DEL, fd, event)
    }
  }

  /** Deals with all that is there, without waiting. */
  drain(): void {
    while (this.#dispatch(this.#polled, c.wait(this.#fd, this.#polled.block, EVENTS, 0)) === EVENTS);
  }

  #dispatch(list: EventList, count: number): number {
    for (let index = 0; index < count; index++) this.#handlers.get(list.ticketAt(index))?.(list.eventsAt(index))
    return count
  }

  #wait(): void {
    this.#isWaiting = true
    c.wait.async(this.#fd, this.#awaited.block, EVENTS, WAIT_MS, (_error: unknown, count: number) => {
      this.#dispatch(this.#awaited, count)
      this.drain()
      // Not before: a handler that watches another descriptor would begin a second wait, and each would close the one descriptor.
      this.#isWaiting = false
      if (this.#handlers.size > 0) this.#wait()
      else if (this.#isClosed) close(this.#fd)
    })
  }

  /** No socket may be watched any more. */
  close(): void {
    this.#isClosed = true
    if (!this.#isWaiting) close(this.#fd)
  }
}
