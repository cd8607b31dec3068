/** Link-layer addresses of Ethernet links, EUI-48. The kernel takes those that is_valid_ether_addr() takes: unicast and not zero. */
import { parseAddress } from './address.ts'
import { hash53 } from './hash.ts'
import type { Parsed } from './parsed.ts'

/** `02:00:5e:10:00:01` or with dashes, one or two digits a byte as in `ip link`; canonical is lower case, colons, two digits. */
export function parseMac(text: string): Parsed<string> {
  const separator = text.includes('-') ? '-' : ':'
  const bytes = text.toLowerCase().split(separator)
  if (bytes.length !== 6 || bytes.some((byte) => !/^[0-9a-f]{1,2}$/.test(byte))) {
    return { problem: `"${text}" is not a MAC address: six bytes in hexadecimal are wanted, e.g. 02:00:00:00:00:01` }
  }
  const mac = bytes.map((byte) => byte.padStart(2, '0')).join(':')
  if (mac === '00:00:00:00:00:00') return { problem: `${mac} is no address that a link can have` }
  if (mac === 'ff:ff:ff:ff:ff:ff') return { problem: `${mac} is the broadcast address: no link can have it` }
  if (isMulticast(mac)) {
    return { problem: `${mac} is a multicast address (the lowest bit of the first byte is set): a link takes a unicast one` }
  }
  return { value: mac }
}

/**
 * The address of an interface that the file gives none: the same on every run and every machine.
 * Locally administered (IEEE 802c), 02 and 40 bits of hash: of 10,000 interfaces in one lab, two are alike in 1 of 20,000 labs.
 */
export function derivedMac(lab: string, netns: string, ifname: string): string {
  const hash = hash53(`${lab}\0${netns}\0${ifname}`)
  const digits = (hash % 2 ** 40).toString(16).padStart(10, '0')
  return `02:${digits.match(/../g)?.join(':') ?? ''}`
}

/** The link-local address that the kernel makes of it (addrconf_ifid_eui48), as it writes it. */
export function linkLocalOf(mac: string): string | undefined {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = mac.split(':').map((byte) => parseInt(byte, 16))
  const groups = [((a ^ 2) << 8) | b, (c << 8) | 0xff, 0xfe00 | d, (e << 8) | f]
  return parseAddress(`fe80::${groups.map((group) => group.toString(16)).join(':')}`)?.text
}

function isMulticast(mac: string): boolean {
  return (parseInt(mac.slice(0, 2), 16) & 1) === 1
}
