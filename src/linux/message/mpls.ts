// Labels of MPLS in routes. <linux/mpls.h> struct mpls_label, <linux/mpls_iptunnel.h>, <linux/lwtunnel.h>; ip-route(8), RFC 3032.
import { parseAttributes, putU16, type AttrStream } from 'netlink/dist/structs.js'
import { LWTUNNEL_ENCAP_MPLS, MPLS_IPTUNNEL_DST, MPLS_LS_LABEL_SHIFT, MPLS_LS_S_SHIFT, RTA_ENCAP, RTA_ENCAP_TYPE } from '../uapi.ts'
import { pushNested } from './bytes.ts'

/** A stack, the outermost first: four bytes each, big-endian, the last with the bottom-of-stack bit; class and TTL are 0. */
export function labelBytes(labels: readonly number[]): Buffer {
  const bytes = Buffer.alloc(labels.length * 4)
  labels.forEach((label, index) => {
    const isLast = index === labels.length - 1
    bytes.writeUInt32BE(((label << MPLS_LS_LABEL_SHIFT) | (isLast ? 1 << MPLS_LS_S_SHIFT : 0)) >>> 0, index * 4)
  })
  return bytes
}

/** Labels of a stack up to its bottom. */
export function labelsOf(bytes: Buffer): number[] {
  const labels: number[] = []
  for (let at = 0; at + 4 <= bytes.length; at += 4) {
    const entry = bytes.readUInt32BE(at)
    labels.push(entry >>> MPLS_LS_LABEL_SHIFT)
    if (entry & (1 << MPLS_LS_S_SHIFT)) break
  }
  return labels
}

/** `encap mpls 100/200` */
export function putEncap(out: AttrStream, labels: readonly number[]): void {
  pushNested(out, RTA_ENCAP, (encap) => encap.push(MPLS_IPTUNNEL_DST, labelBytes(labels)))
  out.push(RTA_ENCAP_TYPE, putU16(LWTUNNEL_ENCAP_MPLS))
}

/** Undefined where there is none, or one of another kind. */
export function decodeEncap(values: ReadonlyMap<number, Buffer>): number[] | undefined {
  const encap = values.get(RTA_ENCAP)
  if (encap === undefined || values.get(RTA_ENCAP_TYPE)?.readUInt16LE(0) !== LWTUNNEL_ENCAP_MPLS) return undefined
  let labels: number[] | undefined
  parseAttributes(encap, ({ type, data }) => {
    if (type === MPLS_IPTUNNEL_DST) labels = labelsOf(data)
  })
  return labels
}
