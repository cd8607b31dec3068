/** A file that another tool puts into a node: a routing daemon's configuration becomes `frr`, all else a file. */
import { readFileSync, statSync } from 'node:fs'
import type { ForeignNode } from './foreign-lab.ts'

const CONFIGURATION = /^\/etc\/(?:frr|quagga|zebra)\/([a-z0-9]+)\.conf$/
/** Says which daemons to start, or how vtysh writes: the first follows from the configuration, the second from netlab. */
const NEEDLESS = /^\/etc\/(?:frr|quagga|zebra)\/(?:daemons|vtysh\.conf|debian\.conf)$/

/** `from`: the file on this machine. */
export function takeFile(node: ForeignNode, path: string, from: string): void {
  const daemon = CONFIGURATION.exec(path)?.[1]
  if (NEEDLESS.test(path)) return
  if (daemon !== undefined && daemon !== 'vtysh') {
    takeRouting(node, daemon, readFileSync(from, 'utf8').replaceAll('\r\n', '\n'))
    return
  }
  const isProgram = (statSync(from).mode & 0o111) !== 0
  node.files.set(path, { from, ...(isProgram && { mode: '0755' }) })
}

/** Addresses of cables are said in the file, too: whoever reads it, and the routes of others, know them then. */
function takeRouting(node: ForeignNode, daemon: string, text: string): void {
  node.frr.set(daemon, text)
  if (/^no ipv6 forwarding/m.test(text)) node.sysctls.set('net.ipv6.conf.all.forwarding', '0')
  let ifname = ''
  for (const line of text.split('\n')) {
    const words = line.trim().split(/\s+/)
    if (/^\S/.test(line)) ifname = words[0] === 'interface' ? (words[1] ?? '') : ''
    const [family, noun, address] = words
    if ((family !== 'ip' && family !== 'ipv6') || noun !== 'address' || address?.includes('/') !== true) continue
    if (ifname === 'lo') node.loopback.push(address)
    else node.interfaces.get(ifname)?.addresses.push(address)
  }
}
