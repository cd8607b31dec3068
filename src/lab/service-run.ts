// Starts and ends services for a plan. Neighbouring starts run side by side, each when those that it waits for are ready.
import { mkdirSync } from 'node:fs'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Engine } from '../linux/engine.ts'
import { serveCommand } from '../linux/nsexec.ts'
import { askSupervisor, servicesDirectory } from '../linux/supervisor.ts'
import type { StartService, StopService } from '../plan/client-operation.ts'
import type { Operation, Plan } from '../plan/operation.ts'
import { describe, sameAs } from '../plan/words.ts'
import type { ServiceState } from '../state/network.ts'
import type { ServiceName } from '../state/service.ts'
import { oomFacts } from './limits.ts'
import { limiter } from './limiter.ts'
import { oneUserRemedy } from './one-user.ts'
import { waitUntilReady } from './ready.ts'
import { run } from './run.ts'
import { toolEnvironment } from './ruleset.ts'
import { lastLines } from './service-log.ts'

/** Programs that are being started at once. */
const AT_ONCE = 16
/** Last lines of a failed service's output that are shown. */
const LOG_LINES = 20

export interface ServiceRun {
  readonly engine: Engine
  readonly directory: string
  readonly signal?: AbortSignal
  /** Hears of each operation before its effect. */
  readonly onEffect: (operation: Operation) => void
}

/** Makes the diagnostics of what failed, when it is known what became of the rest. */
export type Failure = (aftermath: string) => Diagnostic[]

/** Starts services; returns what failed. Errors: the signal's reason. */
export async function startServices(plan: Plan, operations: readonly StartService[], work: ServiceRun): Promise<Failure | undefined> {
  const failures: Failure[] = []
  const limit = limiter(AT_ONCE)
  const begun = new Map<string, Promise<boolean>>()
  const byKey = new Map(operations.map((operation) => [keyOf({ netns: operation.netns, service: operation.name }), operation]))

  const begin = (operation: StartService): Promise<boolean> => {
    const name = { netns: operation.netns, service: operation.name }
    const before = begun.get(keyOf(name))
    if (before !== undefined) return before
    const promise = startAfterOthers(operation, name)
    begun.set(keyOf(name), promise)
    return promise
  }
  /** Whether it is ready. One whose predecessors failed is not tried. */
  const startAfterOthers = async (operation: StartService, name: ServiceName): Promise<boolean> => {
    const others = (operation.service.definition?.after ?? []).flatMap((other) => byKey.get(keyOf(other)) ?? [])
    if (!(await Promise.all(others.map(begin))).every(Boolean) || failures.length > 0) return false
    const words = await startService(operation, name, work, limit)
    if (words !== undefined) failures.push(failureOf(plan, operation, words, work))
    return words === undefined
  }

  const settled = await Promise.allSettled(operations.map(begin))
  for (const outcome of settled) if (outcome.status === 'rejected' && !work.signal?.aborted) throw outcome.reason
  return failures.length === 0 ? undefined : (aftermath) => failures.flatMap((failure) => failure(aftermath))
}

function keyOf({ netns, service }: ServiceName): string {
  return `${netns} ${service}`
}

/** Returns what went wrong. */
async function startService(
  operation: StartService,
  name: ServiceName,
  work: ServiceRun,
  limit: ReturnType<typeof limiter>,
): Promise<string | undefined> {
  const { definition, digest } = operation.service
  if (definition === undefined) return 'cannot be started: it is not known how it was run'
  const env = serviceEnvironment(definition.env)
  work.signal?.throwIfAborted()
  work.onEffect(operation)
  const { status, stderr } = await limit(() => serve(work.directory, name, { definition, digest }, env))
  if (status !== 0) return `cannot be started: ${stderr.trim().replace(/^nsexec: /, '') || `nsexec ended with status ${status}`}`
  return waitUntilReady({ ...work, env, capabilities: definition.capabilities }, name, definition.ready)
}

/** One that has that name is ended first. */
async function serve(
  directory: string,
  name: ServiceName,
  service: Required<Pick<ServiceState, 'definition' | 'digest'>>,
  env: NodeJS.ProcessEnv,
): ReturnType<typeof run> {
  mkdirSync(servicesDirectory(directory, name.netns), { recursive: true, mode: 0o700 })
  await askSupervisor(directory, name, 'end')
  return run(serveCommand(directory, name, service), { env, cwd: '/' })
}

/** Of the caller's environment no more than what a program cannot do without: the same file is to give the same lab. */
export function serviceEnvironment(env: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  const { PATH } = toolEnvironment()
  const { HOME = '/', LANG } = process.env
  return { PATH, HOME, USER: 'root', LOGNAME: 'root', SHELL: '/bin/sh', ...(LANG !== undefined && { LANG }), ...env }
}

/** The way out where a service has done its work and ended, in the words of statusText. */
export function doneHint(words: string): Pick<Diagnostic, 'hint'> {
  if (words !== 'ended with status 0') return {}
  return { hint: 'What ends when it is done belongs under `setup`; with `restart: always` it is run again and again.' }
}

/** Ends a service, if it is there. */
export async function stopService({ netns, name }: StopService, directory: string): Promise<void> {
  await askSupervisor(directory, { netns, service: name }, 'end')
}

/** The log is read by now: an undo that starts the one before begins a new one. */
function failureOf(plan: Plan, operation: StartService, words: string, { directory, engine }: ServiceRun): Failure {
  const { netns, name, origin } = operation
  const memory = oomFacts(directory, netns)
  const log = lastLines(directory, { netns, service: name }, LOG_LINES)
  const remedy = oneUserRemedy(engine.pid, [words, ...log].join('\n'))
  return (aftermath) => [
    {
      code: 'SERVICE_FAILED',
      severity: 'error',
      detail: `The service ${name} of ${netns} ${words}. ${aftermath}`,
      ...(origin !== undefined && { origin }),
      facts: [
        ...memory,
        ['doing', `${describe(operation)} in netns ${netns}`],
        ['same as', sameAs(operation, plan.lab)],
        ...log.map((line) => ['log', line] as const),
      ],
      ...doneHint(words),
      ...remedy,
    },
  ]
}
