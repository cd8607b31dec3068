// The supervisor of one service: native/serve.c tells the protocol. Its socket and its log lie in DIR/services/NODE, outside the lab.
import { closeSync, existsSync, openSync, readdirSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import type { ServiceState } from '../state/network.ts'
import type { ServiceName, ServiceStatus } from '../state/service.ts'

export type SupervisorRequest = 'status' | 'start' | 'stop' | 'restart' | 'end' | `kill ${number}`

/** Where the files of a node's services lie. */
export function servicesDirectory(directory: string, netns: string): string {
  return join(directory, 'services', netns)
}

/** Paths of a service's log, the older part first. The supervisor puts a full one aside. */
export function logPaths(directory: string, { netns, service }: ServiceName): [older: string, log: string] {
  const log = join(servicesDirectory(directory, netns), `${service}.log`)
  return [`${log}.1`, log]
}

/** Every service of the lab that has a supervisor, or had one that was killed. */
export function supervisedServices(directory: string): ServiceName[] {
  const root = join(directory, 'services')
  if (!existsSync(root)) return []
  return readdirSync(root).flatMap((netns) =>
    readdirSync(join(root, netns))
      .filter((name) => name.endsWith('.sock'))
      .map((name) => ({ netns, service: name.slice(0, -'.sock'.length) })),
  )
}

/**
 * The supervisor's answer, when what was asked for is done; undefined where there is no supervisor. Errors: its own words; or that it does not
 * tell the status, which a supervisor does at once unless somebody has stopped it (SIGSTOP).
 */
export async function askSupervisor(
  directory: string,
  name: ServiceName,
  request: SupervisorRequest,
): Promise<(ServiceState & { readonly status: ServiceStatus }) | undefined> {
  const line = await exchange(servicesDirectory(directory, name.netns), `${name.service}.sock`, request)
  if (line === undefined) return undefined
  if (line.startsWith('error: ')) throw new Error(line.slice('error: '.length))
  return parseStatus(line)
}

const STATUS_LIMIT_MS = 10_000

/** Sends one line and returns the one that comes back. A path longer than the 107 bytes of sun_path is reached through its directory. */
function exchange(folder: string, socketName: string, request: SupervisorRequest): Promise<string | undefined> {
  let fd: number
  try {
    fd = openSync(folder, 'r')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return Promise.resolve(undefined)
    throw error
  }
  return new Promise<string | undefined>((resolve, reject) => {
    let answer = ''
    const socket = connect(`/proc/self/fd/${fd}/${socketName}`, () => socket.write(`${request}\n`))
    socket.on('data', (bytes) => (answer += bytes.toString()))
    if (request === 'status')
      socket.setTimeout(STATUS_LIMIT_MS, () => socket.destroy(new Error(`its supervisor has not answered for ${STATUS_LIMIT_MS / 1000} s`)))
    socket.on('close', () => resolve(answer === '' ? undefined : answer.trimEnd()))
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT' || error.code === 'ECONNREFUSED' || error.code === 'ECONNRESET') resolve(undefined)
      else reject(error)
    })
  }).finally(() => closeSync(fd))
}

/** `state=running pid=12 since=1700000000000 restarts=0 status=- processes=1 offset=0 digest=…` */
function parseStatus(line: string): ServiceState & { readonly status: ServiceStatus } {
  const words = new Map(line.split(' ').map((word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)]))
  const [how, number] = (words.get('status') ?? '-').split(':')
  const pid = Number(words.get('pid'))
  return {
    digest: words.get('digest') ?? '',
    status: {
      state: (words.get('state') ?? 'ended') as ServiceStatus['state'],
      ...(pid > 0 && { pid }),
      processes: Number(words.get('processes')),
      sinceMs: Number(words.get('since')),
      restarts: Number(words.get('restarts')),
      ...(how === 'exit' && { exit: { status: Number(number) } }),
      ...(how === 'signal' && { exit: { signal: Number(number) } }),
      logOffset: Number(words.get('offset')),
    },
  }
}
