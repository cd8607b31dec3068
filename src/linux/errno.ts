// Names of errno(3).
import { constants } from 'node:os'

const errnoNames = new Map<number, string>()
// Several names for one number (EAGAIN, EWOULDBLOCK): the first is the one that strerrorname_np(3) gives.
for (const [name, number] of Object.entries(constants.errno)) if (!errnoNames.has(number)) errnoNames.set(number, name)
// What libuv's table lacks and the network stack answers. <asm-generic/errno.h>
const MORE_ERRNOS = [
  [49, 'EUNATCH'],
  [54, 'EXFULL'],
  [76, 'ENOTUNIQ'],
  [87, 'EUSERS'],
  [94, 'ESOCKTNOSUPPORT'],
  [95, 'EOPNOTSUPP'],
  [96, 'EPFNOSUPPORT'],
  [108, 'ESHUTDOWN'],
  [109, 'ETOOMANYREFS'],
  [112, 'EHOSTDOWN'],
  [117, 'EUCLEAN'],
] as const
for (const [number, name] of MORE_ERRNOS) errnoNames.set(number, name)

/** `ENODEV` for 19; the bare number where it has no name. */
export function errnoName(errno: number): string {
  return errnoNames.get(errno) ?? String(errno)
}
