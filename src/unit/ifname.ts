/** Names of interfaces: what dev_valid_name() of net/core/dev.c takes, and a little less where the name would not work later. */
import { hash53 } from './hash.ts'

/** IFNAMSIZ - 1: <linux/if.h> counts the closing zero. */
export const IFNAME_MAX_BYTES = 15

/** Why a name cannot be an interface's, in words that follow the quoted name; undefined where it can. */
export function ifnameProblem(name: string): string | undefined {
  const bytes = Buffer.byteLength(name)
  if (bytes === 0) return 'is empty'
  if (bytes > IFNAME_MAX_BYTES) return `is ${bytes} bytes long; the kernel takes at most ${IFNAME_MAX_BYTES} (IFNAMSIZ)`
  if (name === '.' || name === '..') return 'is the name of a folder, and the kernel shows each interface as one (dev_valid_name)'
  if (name.includes('/')) return 'has a "/", which the kernel does not take in the name of an interface (dev_valid_name)'
  if (name.includes(':')) return 'has a ":", which the kernel does not take in the name of an interface (dev_valid_name)'
  if (/\s/.test(name)) return 'has a space in it, which the kernel does not take in the name of an interface (dev_valid_name)'
  if (Buffer.from(name).includes(0xa0)) return latin1SpaceProblem(name)
  if (/\p{Cc}/u.test(name)) return 'has a control character in it'
  if (name.includes('%')) return 'has a "%", which the kernel reads as a pattern to number (dev_alloc_name)'
  if (name === 'all' || name === 'default') return `would be mistaken for net.ipv4.conf.${name}, which stands for ${every(name)}`
  return undefined
}

/**
 * Name of the fabric's end of the cable to `node:ifname`: `node.ifname` where that is a short and plain name, else up to six characters
 * of the node's name, `~` and eight digits of a hash. Stable, and unlike for unlike ends: a plain name has no `~`, and its last dot
 * is the one between the two parts because an ifname with a dot is never used plainly.
 */
export function shortIfname(node: string, ifname: string): string {
  const plain = `${node}.${ifname}`
  const isPlain = /^\w[\w.-]*$/.test(node) && /^[\w-]+$/.test(ifname)
  if (isPlain && plain.length <= IFNAME_MAX_BYTES) return plain
  const start = node.replace(/[^A-Za-z0-9_-]/g, '').slice(0, 6)
  const digits = (hash53(`${node}\0${ifname}`) % 36 ** 8).toString(36).padStart(8, '0')
  return `${start}~${digits}`
}

// The kernel's isspace() works on bytes in Latin-1, where 0xa0 is a space: `à` (c3 a0) is refused while `é` (c3 a9) is not.
function latin1SpaceProblem(name: string): string {
  const letter = [...name].find((char) => Buffer.from(char).includes(0xa0)) ?? ''
  return `has a "${letter}", of which the kernel takes the byte 0xa0 for a space (dev_valid_name)`
}

function every(name: 'all' | 'default'): string {
  return name === 'all' ? 'all interfaces' : 'interfaces to come'
}
