// Ports of the machine that a plan publishes: tried before the plan's first effect, so that one that is taken costs nothing.
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Plan } from '../plan/operation.ts'
import { portsOfService, type PublishedPort } from '../state/forward.ts'

/** Errors: refusal PORT_TAKEN, one for each port that this user cannot listen on. `aftermath` says what became of the lab. */
export async function checkHostPorts(plan: Plan, aftermath: string): Promise<void> {
  const diagnostics: Diagnostic[] = []
  // What the lab itself listens on now, and lets go of first.
  const own = new Set(
    plan.operations
      .flatMap((operation) => ('previous' in operation && isService(operation) ? portsOfService(operation.previous) : []))
      .map(keyOf),
  )
  for (const operation of plan.operations) {
    if (operation.type !== 'start service') continue
    for (const port of portsOfService(operation.service)) {
      const error = own.has(keyOf(port)) ? undefined : await refusalOf(port)
      if (error !== undefined)
        diagnostics.push({ ...taken(port, error, aftermath), ...(operation.origin !== undefined && { origin: operation.origin }) })
    }
  }
  if (diagnostics.length > 0) throw new DiagnosticError('refusal', diagnostics)
}

function isService(
  operation: Plan['operations'][number],
): operation is Extract<typeof operation, { type: 'start service' | 'stop service' }> {
  return operation.type === 'start service' || operation.type === 'stop service'
}

function keyOf({ protocol, address, port }: PublishedPort): string {
  return `${protocol} ${address} ${port}`
}

async function refusalOf({ protocol, address, port }: PublishedPort): Promise<NodeJS.ErrnoException | undefined> {
  try {
    if (protocol === 'tcp') {
      const server = createServer().listen({ host: address, port, exclusive: true, ipv6Only: true })
      await once(server, 'listening')
      await new Promise((resolve) => server.close(resolve))
    } else {
      const socket = address.includes(':') ? createSocket({ type: 'udp6', ipv6Only: true }) : createSocket('udp4')
      socket.bind({ address, port, exclusive: true })
      await once(socket, 'listening').finally(() => socket.close())
    }
    return undefined
  } catch (error) {
    return error as NodeJS.ErrnoException
  }
}

function taken({ protocol, address, port }: PublishedPort, { code = '' }: NodeJS.ErrnoException, aftermath: string): Diagnostic {
  const reasons: Readonly<Record<string, string>> = {
    EADDRINUSE: 'another program listens there',
    EACCES: "ports below net.ipv4.ip_unprivileged_port_start are root's",
    EADDRNOTAVAIL: 'this machine has no such address',
  }
  return {
    code: 'PORT_TAKEN',
    severity: 'error',
    detail: `${protocol} port ${port} of ${address} cannot be published: ${reasons[code] ?? 'the kernel refuses it'}. ${aftermath}`,
    facts: [['kernel', `${code}: bind`]],
    ...(code === 'EADDRINUSE' && {
      command: { sentence: 'To see which program that is, run:', line: `ss -${protocol === 'tcp' ? 'lt' : 'lu'}np 'sport = :${port}'` },
    }),
    ...(code === 'EACCES' && { hint: `Publish a higher one, ${port < 1024 ? port + 8000 : 8080} say, or bring the lab up as root.` }),
  }
}
