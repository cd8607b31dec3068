// RTM_GETSTATS. <linux/if_link.h> struct if_stats_msg (12 bytes), struct rtnl_link_stats64; ip-stats(8). A quarter of what RTM_GETLINK says.
import { COUNTER_COLUMNS } from '../../state/live.ts'
import { IFLA_STATS_LINK_64 } from '../uapi.ts'

const HEADER_BYTES = 12
const NLA_HDRLEN = 4

/** Header of a dump that asks for the counters of each link alone: if_stats_msg with its filter_mask. */
export function getStats(): Buffer {
  const header = Buffer.alloc(HEADER_BYTES)
  header.writeUInt32LE(1 << (IFLA_STATS_LINK_64 - 1), 8)
  return header
}

/** Decodes the body of an RTM_NEWSTATS into one row of CounterRows; false where it has no counters. */
export function decodeStats(body: Buffer, row: Float64Array): boolean {
  // Read once a second for every link of a lab: so by hand, and no BigInt. 53 bits are 9 PB.
  if (body.length < HEADER_BYTES + NLA_HDRLEN + 64 || body.readUInt16LE(HEADER_BYTES + 2) !== IFLA_STATS_LINK_64) return false
  row[0] = body.readUInt32LE(4)
  for (let column = 1, at = HEADER_BYTES + NLA_HDRLEN; column < COUNTER_COLUMNS; column++, at += 8)
    row[column] = body.readUInt32LE(at) + body.readUInt32LE(at + 4) * 2 ** 32
  return true
}
