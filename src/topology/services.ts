/** `services` of a node: programs that run as long as the lab does. */
import type { Origin } from '../diagnostic/origin.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import type { ReadyConditions, ServiceDefinition } from '../state/service.ts'
import { parseDuration } from '../unit/duration.ts'
import { parseSignal, SIGNAL_NAMES } from '../unit/signal.ts'
import { argvOf, readEnv } from './command.ts'
import type { Image } from './image.ts'
import type { Findings } from './findings.ts'
import { asMap, itemsAt, mapAt, scalarAt, textsAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue, Value } from './value.ts'

/** A service as the file has it; `env` is its own alone. */
export interface ServiceSettings extends Omit<ServiceDefinition, 'after' | 'capabilities'> {
  readonly origin: Origin
  /** `service` of the same node, or `node:service`. A text is netlab's own, and right. */
  readonly after: readonly (ScalarValue | string)[]
  /** Beyond those of the node. */
  readonly capabilities: readonly string[]
}

const READY_TIMEOUT_MS = 10_000
const STOP_TIMEOUT_MS = 5_000
const LONGEST_TIMEOUT_MS = 86_400_000
/** As native/nsexec.h, NAME_MAX_BYTES: a service has files that are called after it. */
const NAME_MAX_BYTES = 63

/** `image` is that of the node. */
export function readServices(settings: MapValue, image: Image | undefined, findings: Findings): Map<string, ServiceSettings> {
  const services = new Map<string, ServiceSettings>()
  for (const [name, entry] of mapAt(settings, 'services')?.entries ?? []) {
    if (!/^[A-Za-z0-9][\w.-]*$/.test(name) || name.length > NAME_MAX_BYTES) {
      findings.error(
        'INVALID_NAME',
        entry.key,
        `"${name}" cannot be the name of a service: letters, digits, "-", "_" and "." are accepted, ${NAME_MAX_BYTES} at most.`,
      )
      continue
    }
    const service = readService(name, entry.value, entry.key, image, findings)
    if (service !== undefined) services.set(name, service)
  }
  return services
}

function readService(
  name: string,
  value: Value,
  origin: Origin,
  image: Image | undefined,
  findings: Findings,
): ServiceSettings | undefined {
  const isShort = value.kind === 'list' || (value.kind === 'scalar' && value.value !== null) // `http: "python3 -m http.server"`
  const map = isShort ? undefined : asMap(value)
  const run = isShort ? value : valueAt(map, 'run')
  if (run === undefined) {
    findings.error('MISSING_KEY', origin, `The service "${name}" has no \`run\`: the command that it is.`)
    return undefined
  }
  const own = readOfImage(run, image, findings)
  const restart = scalarAt(map, 'restart')?.text
  return {
    origin,
    argv: own?.argv ?? argvOf(run),
    env: readEnv(mapAt(map, 'env'), findings),
    ...readUser(map, own, findings),
    cwd: readPath(scalarAt(map, 'cwd'), findings) ?? own?.cwd ?? '/',
    restart: restart === 'always' || restart === 'on-failure' ? restart : 'no',
    ...readStop(map, own?.stopSignal, findings),
    ready: readReady(map, findings),
    after: textsAt(map, 'after'),
    capabilities: [],
  }
}

/** The node's image where the service is what that runs: `run: image`. */
function readOfImage(run: Value, image: Image | undefined, findings: Findings): Image | undefined {
  if (run.kind !== 'scalar' || run.text !== 'image') return undefined
  const detail =
    image === undefined
      ? 'The node has no `image` of which this could be the command.'
      : 'The image names no command: neither ENTRYPOINT nor CMD.'
  if ((image?.argv.length ?? 0) === 0) findings.error('INVALID_VALUE', run.origin, detail)
  return image
}

function readUser(map: MapValue | undefined, own: Image | undefined, findings: Findings): { user?: string } {
  const user = scalarAt(map, 'user')
  if (user !== undefined && !/^[A-Za-z0-9_][\w.-]*\$?(?::[A-Za-z0-9_][\w.-]*\$?)?$/.test(user.text))
    findings.error('INVALID_VALUE', user.origin, `"${user.text}" is not a user: a name or number is wanted, with ":group" or without.`)
  const name = user?.text ?? own?.user
  return name === undefined ? {} : { user: name }
}

function readPath(path: ScalarValue | undefined, findings: Findings): string | undefined {
  if (path === undefined || (path.text.startsWith('/') && !path.text.includes('\0'))) return path?.text
  findings.error('INVALID_VALUE', path.origin, `"${path.text}" is not an absolute path: it must begin with "/".`)
  return undefined
}

/** A signal, or an object with `signal` and `timeout`. */
function readStop(
  map: MapValue | undefined,
  ofImage: string | undefined,
  findings: Findings,
): Pick<ServiceDefinition, 'stopSignal' | 'stopTimeoutMs'> {
  const stop = valueAt(map, 'stop')
  const settings = stop?.kind === 'map' ? stop : undefined
  const signal = settings === undefined ? scalarAt(map, 'stop') : scalarAt(settings, 'signal')
  const timeoutMs = readTimeout(scalarAt(settings, 'timeout'), findings) ?? STOP_TIMEOUT_MS
  const name = signal === undefined ? (parseSignal(ofImage ?? 'TERM') ?? 'SIGTERM') : parseSignal(signal.text)
  if (name !== undefined) return { stopSignal: name, stopTimeoutMs: timeoutMs }
  const word = signal?.text ?? ''
  findings.error(
    'INVALID_VALUE',
    signal?.origin,
    `"${word}" is not a signal, e.g. TERM.${didYouMean(word.replace(/^SIG/i, ''), SIGNAL_NAMES)}`,
  )
  return { stopSignal: 'SIGTERM', stopTimeoutMs: timeoutMs }
}

function readReady(map: MapValue | undefined, findings: Findings): ReadyConditions {
  const ready = mapAt(map, 'ready')
  const log = scalarAt(ready, 'log')
  const file = readPath(scalarAt(ready, 'file'), findings)
  const command = valueAt(ready, 'command')
  if (log !== undefined && !isRegExp(log.text))
    findings.error('INVALID_VALUE', log.origin, `"${log.text}" is not a regular expression, as JavaScript has them.`)
  const portsAt = (key: string): number[] => itemsAt(ready, key).flatMap((port) => (port.kind === 'scalar' ? Number(port.value) : []))
  return {
    tcp: portsAt('tcp'),
    udp: portsAt('udp'),
    ...(log !== undefined && { log: log.text }),
    ...(file !== undefined && { file }),
    ...(command !== undefined && { command: argvOf(command) }),
    timeoutMs: readTimeout(scalarAt(ready, 'timeout'), findings) ?? READY_TIMEOUT_MS,
  }
}

function isRegExp(text: string): boolean {
  try {
    new RegExp(text, 'm')
    return true
  } catch {
    return false
  }
}

/** Milliseconds. A number without a unit means seconds. */
function readTimeout(scalar: ScalarValue | undefined, findings: Findings): number | undefined {
  if (scalar === undefined) return undefined
  const duration = parseDuration(/^[\d.]+$/.test(scalar.text) ? `${scalar.text}s` : scalar.text)
  const timeoutMs = Number((duration.value ?? 0n) / 1_000_000n)
  if (duration.problem !== undefined) findings.error('INVALID_VALUE', scalar.origin, `${duration.problem}.`)
  else if (timeoutMs < 1 || timeoutMs > LONGEST_TIMEOUT_MS)
    findings.error('INVALID_VALUE', scalar.origin, `${scalar.text} is not a time to wait: 1ms to 24h are accepted.`)
  else return timeoutMs
  return undefined
}
