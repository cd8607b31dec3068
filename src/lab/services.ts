// The services of a running lab: what they do, and what they are told.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import { suggest } from '../diagnostic/suggest.ts'
import { innerProcesses, type InnerProcess } from '../linux/process.ts'
import { supervisorWords } from '../linux/nsexec.ts'
import { askSupervisor, supervisedServices, type SupervisorRequest } from '../linux/supervisor.ts'
import { commandText } from '../plan/service-command.ts'
import { statusText } from '../state/equal.ts'
import type { NetworkState, ServiceState } from '../state/network.ts'
import type { ServiceName, ServiceStatus } from '../state/service.ts'
import { labDirectory } from './directory.ts'
import { withLabLock } from './lab-lock.ts'
import { waitUntilReady } from './ready.ts'
import { openLab, runningRecord } from './running.ts'
import { oomFacts } from './limits.ts'
import { lastLines } from './service-log.ts'
import { doneHint, serviceEnvironment } from './service-run.ts'
import { readMemory } from './state.ts'

/** A service of a running lab. */
export interface ServiceReport extends ServiceName {
  /** The command, as the file has it. */
  readonly command: string
  /** Absent where its supervisor is gone. */
  readonly status?: ServiceStatus
  /** Of the main process, as the machine numbers it. */
  readonly pid?: number
}

/** Adds to observed state the services, asked from their supervisors. */
export async function withObservedServices(directory: string, observed: NetworkState): Promise<NetworkState> {
  const names = supervisedServices(directory)
  if (names.length === 0) return observed
  const found = new Map<string, Map<string, ServiceState>>()
  await Promise.all(
    names.map(async (name) => {
      const supervised = await supervisedState(directory, name)
      if (supervised === undefined) return
      const own = found.get(name.netns) ?? new Map<string, ServiceState>()
      found.set(name.netns, own.set(name.service, supervised))
    }),
  )
  const namespaces = [...observed.namespaces].map(
    ([netns, namespace]) => [netns, { ...namespace, services: found.get(netns) ?? new Map() }] as const,
  )
  return { namespaces: new Map(namespaces) }
}

/** Undefined where the supervisor is gone. Errors: refusal SERVICE_FAILED where it does not answer. */
function supervisedState(directory: string, name: ServiceName): ReturnType<typeof askSupervisor> {
  return askSupervisor(directory, name, 'status').catch((error: unknown) => {
    const detail = `The service ${name.service} of ${name.netns} cannot be asked: ${(error as Error).message}.`
    throw new DiagnosticError('refusal', [{ code: 'SERVICE_FAILED', severity: 'error', detail }])
  })
}

/** Services that the file has and that do not run, each with its last lines. `aftermath` says what becomes of the lab. */
export function findDeadServices(directory: string, desired: NetworkState, observed: NetworkState, aftermath: string): Diagnostic[] {
  return [...desired.namespaces].flatMap(([netns, { services }]) =>
    [...services].flatMap(([service, { origin }]): Diagnostic[] => {
      const status = observed.namespaces.get(netns)?.services.get(service)?.status
      if (status?.state === 'running' || status?.state === 'waiting') return []
      const words = status === undefined ? 'has lost its supervisor' : statusText(status)
      return [
        {
          code: 'SERVICE_FAILED',
          severity: 'error',
          detail: `The service ${service} of ${netns} was ready, and ${words} since. ${aftermath}`,
          ...(origin !== undefined && { origin }),
          ...doneHint(words),
          facts: [
            ...oomFacts(directory, netns),
            ...lastLines(directory, { netns, service }, LOG_LINES).map((line) => ['log', line] as const),
          ],
        },
      ]
    }),
  )
}

const LOG_LINES = 20

/** All services of a lab's file. Errors: refusal LAB_UNKNOWN, LAB_DEAD. */
export async function listServices(lab: string): Promise<ServiceReport[]> {
  runningRecord(lab)
  const { desired } = readMemory(lab)
  const directory = labDirectory(lab)
  const names = [...desired.namespaces].flatMap(([netns, { services }]) =>
    [...services].map(([service, state]) => ({ netns, service, state })),
  )
  if (names.length === 0) return []
  const statuses = await Promise.all(names.map(async (name) => (await supervisedState(directory, name))?.status))
  const processes = innerProcesses() // after the statuses, that it may know every pid in them
  return names.map(({ state, ...name }, index) => {
    const status = statuses[index]
    const pid = pidOnMachine(processes, supervisorWords(directory, name), status?.pid)
    const command = commandText(state.definition?.argv ?? [])
    return { ...name, command, ...(status !== undefined && { status }), ...(pid !== undefined && { pid }) }
  })
}

/** What the pid namespace of the supervisor with these words calls `innerPid`. */
function pidOnMachine(processes: readonly InnerProcess[], words: readonly string[], innerPid: number | undefined): number | undefined {
  const supervisor = processes.find(({ argv }) => words.every((word, index) => argv[index + 1] === word))
  return processes.find((process) => process.pidns === supervisor?.pidns && process.innerPid === innerPid)?.pid
}

/** The services of a node that `service` names, or all of them. Errors: refusal LAB_UNKNOWN, LAB_DEAD; finding NODE_UNKNOWN, SERVICE_UNKNOWN. */
export function namedServices(lab: string, node: string, service?: string): ServiceName[] {
  const record = runningRecord(lab)
  const services = readMemory(lab).desired.namespaces.get(node)?.services
  if (services === undefined)
    throw new DiagnosticError('finding', [unknown('NODE_UNKNOWN', `The lab ${lab} has no node`, node, record.nodes)])
  const known = [...services.keys()]
  if (service !== undefined && !services.has(service))
    throw new DiagnosticError('finding', [unknown('SERVICE_UNKNOWN', `The node ${node} has no service`, service, known)])
  return (service === undefined ? known : [service]).map((name) => ({ netns: node, service: name }))
}

function unknown(code: 'NODE_UNKNOWN' | 'SERVICE_UNKNOWN', words: string, name: string, known: readonly string[]): Diagnostic {
  const near = suggest(name, known)
  const has = known.length === 0 ? 'none' : `${known.slice(0, 12).join(', ')}${known.length > 12 ? ` and ${known.length - 12} more` : ''}`
  return {
    code,
    severity: 'error',
    detail: `${words} "${name}". It has ${has}.`,
    ...(near !== undefined && { hint: `Did you mean "${near}"?` }),
  }
}

/**
 * Starts, stops or restarts services, or sends them a signal; returns when they are ready, or ended. Errors: refusal LAB_UNKNOWN, LAB_DEAD,
 * LAB_BUSY, SERVICE_FAILED; finding NODE_UNKNOWN, SERVICE_UNKNOWN.
 */
export async function controlServices(
  lab: string,
  node: string,
  service: string | undefined,
  request: Extract<SupervisorRequest, 'start' | 'stop' | 'restart' | `kill ${number}`>,
): Promise<ServiceName[]> {
  const names = namedServices(lab, node, service)
  await withLabLock(lab, async () => {
    const failed = (await Promise.all(names.map((name) => controlService(lab, name, request)))).flat()
    if (failed.length > 0) throw new DiagnosticError('refusal', failed)
  })
  return names
}

async function controlService(lab: string, name: ServiceName, request: SupervisorRequest): Promise<Diagnostic[]> {
  const directory = labDirectory(lab)
  try {
    const supervised = await askSupervisor(directory, name, request)
    if (supervised === undefined)
      return [
        failed(directory, name, 'has lost its supervisor', { command: { sentence: 'To start it anew, run:', line: `netlab up ${lab}` } }),
      ]
  } catch (error) {
    return [failed(directory, name, `did not take the signal: ${(error as Error).message}`)]
  }
  if (request !== 'start' && request !== 'restart') return []
  const definition = readMemory(lab).desired.namespaces.get(name.netns)?.services.get(name.service)?.definition
  if (definition === undefined) return []
  const { engine } = await openLab(lab)
  try {
    const words = await waitUntilReady(
      { engine, directory, env: serviceEnvironment(definition.env), capabilities: definition.capabilities },
      name,
      definition.ready,
    )
    return words === undefined ? [] : [failed(directory, name, words)]
  } finally {
    await engine.close()
  }
}

function failed(directory: string, name: ServiceName, words: string, more: Pick<Diagnostic, 'command'> = {}): Diagnostic {
  const facts = [...oomFacts(directory, name.netns), ...lastLines(directory, name, LOG_LINES).map((line) => ['log', line] as const)]
  return { code: 'SERVICE_FAILED', severity: 'error', detail: `The service ${name.service} of ${name.netns} ${words}.`, facts, ...more }
}
