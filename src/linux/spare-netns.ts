// The engine's side of native/spare.c, which makes network namespaces while client and engine begin.
import { SPARES_FD } from './engine-protocol.ts'
import { close, receiveDescriptors } from './libc.ts'
import { netlinkSocket, type NetlinkSocket } from './transport.ts'

/** A network namespace in which nothing is but `lo`. */
export interface SpareNetns {
  readonly net: number
  readonly netlink: NetlinkSocket
}

/** Two a namespace; as native/spare.c, BATCH. */
const PACKET_FDS = 32

const spares: SpareNetns[] = []
let areComing = false

/** From now on there are some to take. */
export function expectSpares(): void {
  areComing = true
}

/** One of them, if one is there or will be; it is the caller's to close. */
export function takeSpareNetns(): SpareNetns | undefined {
  if (spares.length === 0 && areComing) receiveSome()
  return spares.pop()
}

function receiveSome(): void {
  const { descriptors } = receiveDescriptors(SPARES_FD, PACKET_FDS)
  for (let index = 0; index + 1 < descriptors.length; index += 2)
    spares.push({ net: descriptors[index]!, netlink: netlinkSocket(descriptors[index + 1]!) })
  if (descriptors.length > 0) return
  areComing = false
  close(SPARES_FD)
}
