// Waiting until a service is ready, as the file says when that is.
import { readFileSync } from 'node:fs'
import type { Engine } from '../linux/engine.ts'
import { enterCommand } from '../linux/nsexec.ts'
import type { UsedPort } from '../linux/readiness.ts'
import { askSupervisor, logPaths } from '../linux/supervisor.ts'
import { statusText } from '../state/equal.ts'
import type { ReadyConditions, ServiceName, ServiceStatus } from '../state/service.ts'
import { run } from './run.ts'

const POLL_MS = 25
/** How long a service without conditions must have lived: a wrong command or a bad configuration ends at once. */
const STEADY_MS = 150

/** Where and with what the conditions are looked at. */
export interface ReadyScope {
  readonly engine: Engine
  readonly directory: string
  readonly env: NodeJS.ProcessEnv
  readonly capabilities: readonly string[] | undefined
  readonly signal?: AbortSignal
}

/** Resolves when the service is ready; with words where it has failed, or has not become ready in time. Errors: the signal's reason. */
export async function waitUntilReady(scope: ReadyScope, name: ServiceName, ready: ReadyConditions): Promise<string | undefined> {
  const limit = performance.now() + ready.timeoutMs
  const limited = { ...scope, limit }
  for (;;) {
    const supervised = await askSupervisor(scope.directory, name, 'status').catch((error: unknown) => (error as Error).message)
    if (typeof supervised === 'string') return `cannot be asked: ${supervised}`
    if (supervised === undefined) return 'has lost its supervisor'
    const { status } = supervised
    if (status.state !== 'running' && status.state !== 'waiting') return statusText(status)
    const missing = status.state === 'waiting' ? `is ${statusText(status)}` : await missingCondition(limited, name, ready, status)
    if (missing === undefined) return undefined
    if (performance.now() > limit) return `is not ready after ${ready.timeoutMs / 1000} s: ${missing}`
    scope.signal?.throwIfAborted()
    await new Promise((resolve) => setTimeout(resolve, POLL_MS))
  }
}

/** `limit` is when waiting ends, as performance.now() has it. */
interface LimitedScope extends ReadyScope {
  readonly limit: number
}

/** What does not hold yet, in words. */
async function missingCondition(
  scope: LimitedScope,
  name: ServiceName,
  ready: ReadyConditions,
  status: ServiceStatus,
): Promise<string | undefined> {
  const { tcp, udp, log, file, command } = ready
  const hasPorts = tcp.length + udp.length > 0
  if (!hasPorts && log === undefined && file === undefined && command === undefined)
    return Date.now() - status.sinceMs < STEADY_MS ? 'it has only just been started' : undefined
  const unused = hasPorts ? await unusedPort(scope.engine, name.netns, ready) : undefined
  if (unused !== undefined) return unused
  if (log !== undefined && !new RegExp(log, 'm').test(outputSince(scope.directory, name, status.logOffset)))
    return `its output has no match of "${log}"`
  if (file !== undefined && !(await scope.engine.pathExists(name.netns, file))) return `there is no ${file}`
  return command === undefined ? undefined : failedCommand(scope, name, command)
}

async function unusedPort(engine: Engine, netns: string, { tcp, udp }: ReadyConditions): Promise<string | undefined> {
  const used = await engine.usedPorts(netns)
  const isUsed = (ports: readonly UsedPort[], wanted: number): boolean => ports.some(({ port }) => port === wanted)
  const closed = tcp.find((port) => !isUsed(used.tcp, port))
  if (closed !== undefined) return `nothing listens on tcp port ${closed}`
  const unbound = udp.find((port) => !isUsed(used.udp, port))
  return unbound === undefined ? undefined : `nothing is bound to udp port ${unbound}`
}

function outputSince(directory: string, name: ServiceName, offset: number): string {
  return readFileSync(logPaths(directory, name)[1]).subarray(offset).toString()
}

/** A command that is still at it when waiting ends has not succeeded. */
async function failedCommand(
  { directory, env, capabilities, signal, limit }: LimitedScope,
  { netns }: ServiceName,
  argv: readonly string[],
): Promise<string | undefined> {
  const overdue = AbortSignal.timeout(Math.max(0, Math.ceil(limit - performance.now())))
  const finished = await run(enterCommand(directory, netns, argv, capabilities), {
    env,
    cwd: '/',
    signal: signal === undefined ? overdue : AbortSignal.any([signal, overdue]),
  }).catch((error: unknown) => {
    if (!overdue.aborted || signal?.aborted) throw error
    return undefined
  })
  if (finished === undefined) return 'its `command` has not ended'
  const { status, stdout, stderr } = finished
  if (status === 0) return undefined
  const words = `${stdout}${stderr}`.trim().split('\n').at(-1) ?? ''
  return `its \`command\` ends with status ${status}${words === '' ? '' : ` (${words})`}`
}
