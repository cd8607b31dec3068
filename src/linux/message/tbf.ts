// TCA_OPTIONS of tbf. <linux/pkt_sched.h> struct tc_tbf_qopt (36 bytes): two struct tc_ratespec of 12, limit, buffer, mtu; tc-tbf(8).
import { parseAttributes, putU32, putU64, type AttrStream } from 'netlink/dist/structs.js'
import type { TbfOptions } from '../../state/qdisc.ts'
import { TC_LINKLAYER_ETHERNET, TCA_TBF_BURST, TCA_TBF_PARMS, TCA_TBF_RATE64 } from '../uapi.ts'

/** PSCHED_SHIFT: the scheduler's ticks have 64 ns. */
const NS_PER_TICK = 64
const MAX_U32 = 0xffff_ffff
/** tc's own guess at the largest packet, by which it chooses `cell_log`. */
const TC_MTU = 2047

/**
 * With the rate in 64 bits where 32 are too few, and the burst in bytes: as a time alone it would be rounded. Without TCA_TBF_RTAB: no
 * kernel since 3.14 reads it where the link layer is Ethernet.
 */
export function tbfOptions(options: TbfOptions): (out: AttrStream) => void {
  const { rateBytesPerSec: rate, burstBytes, limitBytes } = options
  const parms = Buffer.alloc(36)
  parms[0] = cellLog()
  parms[1] = TC_LINKLAYER_ETHERNET
  parms.writeInt16LE(-1, 4) // cell_align
  parms.writeUInt32LE(Math.min(rate, MAX_U32), 8)
  parms.writeUInt32LE(limitBytes, 24)
  parms.writeUInt32LE(Math.min(MAX_U32, ticksOf(burstBytes, rate)), 28)
  return (out) => {
    out.push(TCA_TBF_PARMS, parms)
    out.push(TCA_TBF_BURST, putU32(burstBytes))
    if (rate > MAX_U32) out.push(TCA_TBF_RATE64, putU64(BigInt(rate)))
  }
}

/** tc_calc_rtable: a table of 256 cells would have to reach `TC_MTU`. */
function cellLog(): number {
  let log = 0
  while (TC_MTU >> log > 255) log++
  return log
}

/** The burst as a time, as tc works it out: in microseconds, then in ticks. */
function ticksOf(bytes: number, rate: number): number {
  return Math.floor(((bytes / rate) * 1e9) / NS_PER_TICK)
}

export function decodeTbf(data: Buffer): TbfOptions {
  let rate = 0
  let limitBytes = 0
  let ticks = 0
  let rate64: number | undefined
  parseAttributes(data, ({ type, data: value }) => {
    if (type === TCA_TBF_PARMS) {
      rate = value.readUInt32LE(8)
      limitBytes = value.readUInt32LE(24)
      ticks = value.readUInt32LE(28)
    } else if (type === TCA_TBF_RATE64) rate64 = Number(value.readBigUInt64LE(0))
  })
  const rateBytesPerSec = rate64 ?? rate
  return { kind: 'tbf', rateBytesPerSec, burstBytes: Math.round((ticks * NS_PER_TICK * rateBytesPerSec) / 1e9), limitBytes }
}
