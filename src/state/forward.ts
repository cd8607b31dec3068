/** What `nsexec forward` is asked to do, as its command line says it: native/forward.c. */
import type { ServiceState } from './network.ts'

/** A port of the machine that leads into a node. */
export interface PublishedPort {
  readonly protocol: 'tcp' | 'udp'
  /** Of the machine. */
  readonly address: string
  readonly port: number
  readonly portThere: number
}

export interface PortForward {
  /** Addresses of the node, in the order in which they are tried. */
  readonly targets: readonly string[]
  readonly ports: readonly PublishedPort[]
}

export function forwardCommand({ targets, ports }: PortForward): string[] {
  const specs = ports.map(({ protocol, address, port, portThere }) => `${protocol},${address},${port},${portThere}`)
  return ['nsexec', 'forward', 'ports', targets.join(','), ...specs]
}

/** Undefined for any other command. */
export function parseForward(argv: readonly string[]): PortForward | undefined {
  const [program, verb, what, targets = '', ...specs] = argv
  if (program !== 'nsexec' || verb !== 'forward' || what !== 'ports') return undefined
  const ports = specs.map((spec): PublishedPort => {
    const [protocol, address = '', port, portThere] = spec.split(',')
    return { protocol: protocol === 'udp' ? 'udp' : 'tcp', address, port: Number(port), portThere: Number(portThere) }
  })
  return { targets: targets.split(','), ports }
}

/** Ports of the machine that a service listens on. */
export function portsOfService(service: ServiceState | undefined): readonly PublishedPort[] {
  return (service?.definition?.beside && parseForward(service.definition.argv)?.ports) || []
}
