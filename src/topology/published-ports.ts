/** `ports` of a node: ports of the machine that lead into it, in the words of Docker's short syntax. Each entry is a service of its own. */
import type { Origin } from '../diagnostic/origin.ts'
import { forwardCommand } from '../state/forward.ts'
import type { PublishedPort } from '../state/forward.ts'
import type { ServiceState } from '../state/network.ts'
import type { ReadyConditions, ServiceDefinition } from '../state/service.ts'
import { parseAddress } from '../unit/address.ts'
import type { Findings } from './findings.ts'
import { definedService } from './service-order.ts'
import { textsAt } from './value.ts'
import type { MapValue, ScalarValue } from './value.ts'

const LOOPBACK = '127.0.0.1'
const MAX_PORT = 65535
/** Of one entry: each is a socket. */
const MAX_RANGE = 1000

/** Reads the ports of one node after the other, and finds those that two of them want. */
export function createPortReader(
  findings: Findings,
): (node: string, settings: MapValue, addresses: readonly string[]) => Map<string, ServiceState> {
  const taken = new Map<string, { node: string; address: string }[]>()
  return (node, settings, addresses) => {
    const services = new Map<string, ServiceState>()
    for (const text of textsAt(settings, 'ports')) {
      const ports = readPorts(text, findings)
      if (ports === undefined || !areFree(ports, node, text, taken, findings)) continue
      services.set(serviceName(ports), portService(ports, [LOOPBACK, ...addresses], text.origin))
    }
    return services
  }
}

function portService(ports: readonly PublishedPort[], targets: readonly string[], origin: Origin): ServiceState {
  return besideService(forwardCommand({ targets: targets.slice(0, MAX_TARGETS), ports }), origin)
}

/** As native/forward.h. */
const MAX_TARGETS = 8

/** A service on the machine's side; netlab's own say `ready` when they are. One that is ended by mistake is started again. */
export function besideService(argv: readonly string[], origin: Origin, ready: Partial<ReadyConditions> = { log: '^ready$' }): ServiceState {
  const definition: ServiceDefinition = {
    argv,
    env: {},
    cwd: '/',
    restart: 'always',
    stopSignal: 'SIGTERM',
    stopTimeoutMs: 5000,
    ready: { tcp: [], udp: [], timeoutMs: 10_000, ...ready },
    after: [],
    beside: true,
  }
  return definedService(definition, origin)
}

/** `@` is in no name of the user's. */
function serviceName(ports: readonly PublishedPort[]): string {
  const [{ protocol, address, port }] = ports as [PublishedPort]
  const last = ports.length === 1 ? '' : `-${port + ports.length - 1}`
  return `@${protocol}-${address === LOOPBACK ? '' : `${address}-`}${port}${last}`
}

/** `[ADDRESS:]HOST[-LAST]:NODE[-LAST][/tcp|/udp]` */
const FORM = /^(?:(\d+\.\d+\.\d+\.\d+|\[[0-9a-fA-F:.]+\]):)?(\d+)(?:-(\d+))?:(\d+)(?:-(\d+))?(?:\/(tcp|udp))?$/

function readPorts(text: ScalarValue, findings: Findings): readonly PublishedPort[] | undefined {
  const match = FORM.exec(text.text)
  const refuse = (words: string): undefined => void findings.error('INVALID_VALUE', text.origin, words)
  if (match === null)
    return refuse(`"${text.text}" is not a port to publish: \`HOST:NODE\` is wanted, e.g. "8080:80" or "127.0.0.1:5353:53/udp".`)
  const [, addressWord = LOOPBACK, first, last = first, firstThere, lastThere = firstThere, protocol = 'tcp'] = match
  const address = parseAddress(addressWord.replace(/^\[|\]$/g, ''))?.text
  if (address === undefined) return refuse(`"${addressWord}" is not an address of this machine, e.g. 127.0.0.1 or [::1].`)
  const [from, to, fromThere, toThere] = [Number(first), Number(last), Number(firstThere), Number(lastThere)]
  const outside = [from, to, fromThere, toThere].find((port) => port < 1 || port > MAX_PORT)
  if (outside !== undefined) return refuse(`${outside} is not a port: 1 to ${MAX_PORT} are accepted.`)
  if (to < from || to - from !== toThere - fromThere)
    return refuse(`The two ranges of "${text.text}" must be of equal length, the lower port first.`)
  if (to - from >= MAX_RANGE) return refuse(`"${text.text}" publishes ${to - from + 1} ports: ${MAX_RANGE} are accepted at once.`)
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    protocol: protocol as PublishedPort['protocol'],
    address,
    port: from + index,
    portThere: fromThere + index,
  }))
}

/** Whether none of them is another node's. `taken` is by protocol and port. */
function areFree(
  ports: readonly PublishedPort[],
  node: string,
  { origin }: ScalarValue,
  taken: Map<string, { node: string; address: string }[]>,
  findings: Findings,
): boolean {
  for (const { protocol, address, port } of ports) {
    const key = `${protocol} ${port}`
    const others = taken.get(key) ?? []
    const other = others.find((each) => each.address === address || isAny(each.address) || isAny(address))
    if (other !== undefined) {
      findings.error('PORT_TAKEN', origin, `${protocol} port ${port} of this machine leads to ${other.node} already.`)
      return false
    }
    taken.set(key, [...others, { node, address }])
  }
  return true
}

function isAny(address: string): boolean {
  return address === '0.0.0.0' || address === '::'
}
