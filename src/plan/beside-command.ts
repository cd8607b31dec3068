/** Services on the machine's side, as one would do the same by hand. socat(1) stands for `nsexec forward`. */
import { parseForward } from '../state/forward.ts'
import type { PublishedPort } from '../state/forward.ts'
import type { ServiceState } from '../state/network.ts'
import { quote, quoteAll } from './quote.ts'

/** `exec` leads into the node. In the background, one command for each socket that listens. */
export function besideCommand(exec: string, argv: readonly string[]): string {
  const forward = parseForward(argv)
  if (forward === undefined) return uplinkCommand(exec, argv)
  return forward.ports
    .map((port) => `${portCommand(exec, port, forward.targets[0] ?? '127.0.0.1')} </dev/null >/dev/null 2>&1 &`)
    .join('\n')
}

/** The name servers of the machine, for nodes that ask ADDRESS; or the program that leads out, which is told the namespace by its path. */
function uplinkCommand(exec: string, argv: readonly string[]): string {
  const [program, , what, address = ''] = argv
  const quiet = '</dev/null >/dev/null 2>&1 &'
  if (program !== 'nsexec' || what !== 'dns')
    return `${quoteAll(argv).replaceAll('/proc/self/fd/63', `/run/netns/${exec.split(' ').at(-1)}`)} ${quiet}`
  const server = "$(awk '/^nameserver/ { print $2; exit }' /etc/resolv.conf)"
  const ask = (protocol: string): string => `"EXEC:nsenter --net=/proc/1/ns/net socat - ${protocol}:${server}:53"`
  return ['UDP', 'TCP'].map((protocol) => `${exec} socat ${protocol}-LISTEN:53,bind=${address},fork ${ask(protocol)} ${quiet}`).join('\n')
}

/** What ends it again. */
export function besideStop({ definition }: ServiceState): string[] {
  const ports = (definition?.beside && parseForward(definition.argv)?.ports) || []
  return ports.map((port) => `pkill -f ${quote(`^socat ${listenWord(port)}`)} || true`)
}

function portCommand(exec: string, port: PublishedPort, target: string): string {
  const { protocol, portThere } = port
  const there = `${protocol.toUpperCase()}:${bracketed(target)}:${portThere}`
  return quoteAll(['socat', listenWord(port), `EXEC:${exec} socat - ${there}`])
}

function listenWord({ protocol, address, port }: PublishedPort): string {
  const word = `${protocol.toUpperCase()}${address.includes(':') ? '6' : ''}-LISTEN`
  return `${word}:${port},bind=${bracketed(address)}${protocol === 'tcp' ? ',reuseaddr' : ''},fork`
}

/** As it stands before a port. */
export function bracketed(address: string): string {
  return address.includes(':') ? `[${address}]` : address
}
