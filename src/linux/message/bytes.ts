// Addresses between text and the kernel's bytes.
import ipaddr from 'ipaddr.js'
import { AttrStream, countLength, formatAttribute, getPadding } from 'netlink/dist/structs.js'
import { AF_INET, AF_INET6 } from '../uapi.ts'
import type { Family } from '../../state/network.ts'

/** AF_INET or AF_INET6. */
export function addressFamily(family: Family): number {
  return family === 4 ? AF_INET : AF_INET6
}

/** 4 for AF_INET, 6 for AF_INET6, undefined for any other. */
export function familyOf(af: number): Family | undefined {
  return af === AF_INET ? 4 : af === AF_INET6 ? 6 : undefined
}

/** Network byte order. */
export function ipBytes(text: string): Buffer {
  return Buffer.from(ipaddr.parse(text).toByteArray())
}

/** Canonical text (RFC 5952). */
export function ipText(bytes: Uint8Array): string {
  if (bytes.length === 4) return `${bytes[0]}.${bytes[1]}.${bytes[2]}.${bytes[3]}`
  return new ipaddr.IPv6([...bytes]).toRFC5952String()
}

/** `02:00:00:00:00:01` to six bytes. */
export function lladdrBytes(text: string): Buffer {
  return Buffer.from(text.replaceAll(':', ''), 'hex')
}

/** Six bytes to `02:00:00:00:00:01`. */
export function lladdrText(bytes: Buffer): string {
  return bytes.toString('hex').replace(/(..)(?!$)/g, '$1:')
}

/** A string with its terminating zero (NLA_NUL_STRING). */
export function zString(text: string): Buffer {
  return Buffer.from(`${text}\0`)
}

/** An attribute of attributes with NLA_F_NESTED, without which generic netlink takes none. */
export function pushNested(out: AttrStream, type: number, put: (inner: AttrStream) => void): void {
  const inner = new AttrStream()
  put(inner)
  out.emit(getPadding(countLength(out.bufs))) // as AttrStream does before each: what came last may end anywhere
  out.emit(formatAttribute({ type, nested: true, data: inner.bufs }))
}
