// What can be sent from a node, and what may come back. Facts only: what they mean for an expectation is decided in src/check.

interface FlowBase {
  /** Namespace in which the socket is opened. */
  readonly from: string
  /** Address, canonical text. */
  readonly to: string
  /** Namespace that has the address, where that is known: neighbour entries that a large run makes there are taken away again. */
  readonly target?: string
  /** How long to wait for an answer. */
  readonly timeoutMs: number
  /** How long after the first flow of the run to begin. */
  readonly delayMs?: number
  /** Time to live or hop limit of what is sent. */
  readonly ttl?: number
}

/** ICMP echo, RFC 792 and RFC 4443. */
export interface PingFlow extends FlowBase {
  readonly kind: 'ping'
  /** Bytes behind the ICMP header, as `ping -s`. Default: 56. */
  readonly size?: number
  /** Never fragment it: `ping -M probe`, which does not heed a path MTU that was learnt before. */
  readonly df?: boolean
}

/** A TCP connection that is reset as soon as it is there; with a payload, when the other side has said all and closed. */
export interface TcpFlow extends FlowBase {
  readonly kind: 'tcp'
  readonly port: number
  readonly payload?: Uint8Array
}

/** One UDP datagram. */
export interface UdpFlow extends FlowBase {
  readonly kind: 'udp'
  readonly port: number
  /** Default: a line that says where it comes from. */
  readonly payload?: Uint8Array
  /** Port to send from. Default: the kernel's choice. */
  readonly sourcePort?: number
}

/** ARP or neighbour discovery: who on the link has the address? */
export interface NeighFlow extends FlowBase {
  readonly kind: 'neigh'
}

export type Flow = PingFlow | TcpFlow | UdpFlow | NeighFlow

interface Answered {
  /** Port that it was sent from; the identifier of an echo. */
  readonly sourcePort?: number
  /** Sequence number of an echo. */
  readonly sequence?: number
}

export type FlowAnswer = Answered & (EchoAnswer | NeighAnswer | ResetAnswer | IcmpAnswer | ErrorAnswer | SilentAnswer)

/** An echo reply, a connection, a datagram. */
export interface EchoAnswer {
  readonly outcome: 'answered'
  readonly by: string
  readonly rttMs: number
  /** Of the echo reply as it arrived. */
  readonly ttl?: number
  /** Of a datagram, or all that came over a connection. */
  readonly payload?: Uint8Array
}

/** Everybody who said to have the address. */
export interface NeighAnswer {
  readonly outcome: 'neighbours'
  readonly macs: readonly string[]
  readonly dev: string
}

/** RST to a SYN. */
export interface ResetAnswer {
  readonly outcome: 'reset'
  readonly rttMs: number
}

/** An ICMP error, from whoever sent it; from the sender's own address where its own kernel gave up. */
export interface IcmpAnswer {
  readonly outcome: 'icmp'
  readonly by: string
  readonly type: number
  readonly code: number
  /** Of "fragmentation needed" and "packet too big": MTU of the next hop. */
  readonly mtu?: number
}

/** The node's own kernel would not send it. */
export interface ErrorAnswer {
  readonly outcome: 'error'
  readonly syscall: string
  /** errno name: ENETUNREACH, EHOSTUNREACH, EACCES, EPERM, EMSGSIZE … */
  readonly code: string
}

export interface SilentAnswer {
  readonly outcome: 'silent'
}
