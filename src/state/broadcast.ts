/** Broadcast addresses of IPv4, as `ip address add … brd +` gives them (ipaddress.c). */
import type { AddrState } from './network.ts'

/** Whether the address gets that of its subnet: not on /31 and /32, which have none, nor on the loopback network. */
export function hasBroadcast({ family, local, prefixlen }: AddrState): boolean {
  return family === 4 && prefixlen < 31 && !local.startsWith('127.')
}
