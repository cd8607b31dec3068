// Cgroups of nodes, through the cgroup file system: version 2, and version 1 for the controllers that are bound to it. Where they are is noted
// in the lab's directory before they are made, a file a node: `nsexec` finds there what to join, `down` what to remove.
import { accessSync, constants, existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { cgroupFiles, cgroupName } from '../state/cgroup-files.ts'
import { CPU_PERIOD_US, LIMITED, type Limited, type Limits, type Usage } from '../state/limits.ts'
import { ioUsage, readIo, writeIo } from './cgroup-io.ts'
import { sendSignal } from './process.ts'
import { isErrno } from './sysctl.ts'
import { writeWhole } from './write-whole.ts'

/** A cgroup of a node, by a line `VERSION:CONTROLLER,…:PATH` of the note; native/cgroup.c reads it, too. */
interface Place {
  readonly version: 1 | 2
  readonly controllers: readonly Limited[]
  readonly path: string
}

/** Where cgroups for a controller can be made, or why not. */
export type ControllerPlace =
  | { readonly controller: Limited; readonly version: 1 | 2; readonly base: string; readonly problem?: undefined }
  | { readonly controller: Limited; readonly problem: string }

/** Looks for the highest cgroup above this process in which it may make others. Makes nothing. */
export function findController(controller: Limited): ControllerPlace {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n')
  const mounts = lines
    .map((line) => line.split(' '))
    .map(([, path = '', type = '', options = '']) => ({ path, type, options: options.split(',') }))
  const firstName = controller === 'io' ? 'blkio' : controller
  const first = mounts.find(({ type, options }) => type === 'cgroup' && options.includes(firstName))
  const second = mounts.find(({ type }) => type === 'cgroup2')
  const own = readFileSync('/proc/self/cgroup', 'utf8')
  if (first !== undefined) {
    const path =
      own
        .split('\n')
        .map((line) => line.split(':'))
        .find(([, names = '']) => names.split(',').includes(firstName))?.[2] ?? '/'
    const base = above(first.path, path).find(isWritable)
    return base === undefined ? { controller, problem: `no cgroup below ${first.path} is writable` } : { controller, version: 1, base }
  }
  if (second === undefined) return { controller, problem: 'no cgroup file system is mounted' }
  const path = /^0::(.*)$/m.exec(own)?.[1] ?? '/'
  const writable = above(second.path, path).filter((base) => isWritable(base) && isWritable(join(base, 'cgroup.procs')))
  const base = writable.find((candidate) => isOffered(candidate, controller, second.path))
  if (base !== undefined) return { controller, version: 2, base }
  const [highest] = writable
  if (highest === undefined) return { controller, problem: `neither ${second.path}${path} nor a cgroup above it is writable` }
  return { controller, problem: `${highest} is writable, but does not pass the controller on` }
}

/** The cgroup of the mount, and those on the way to the process's own. */
function above(mount: string, path: string): string[] {
  const parts = path.split('/').filter((part) => part !== '')
  return [mount, ...parts.map((_, index) => join(mount, ...parts.slice(0, index + 1)))]
}

/** A cgroup with processes in it cannot begin to pass a controller on, unless it is the root. cgroup-v2.rst, "No Internal Process Constraint" */
function isOffered(base: string, controller: Limited, root: string): boolean {
  const words = (file: string): string[] => readFileSync(join(base, file), 'utf8').trim().split(' ')
  if (words('cgroup.subtree_control').includes(controller)) return true
  const isEmpty = readFileSync(join(base, 'cgroup.procs'), 'utf8') === '' || (base === root && !existsSync(join(base, 'cgroup.type')))
  return words('cgroup.controllers').includes(controller) && isEmpty && isWritable(join(base, 'cgroup.subtree_control'))
}

function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK)
    return true
  } catch {
    return false
  }
}

function notePath(directory: string, node: string): string {
  return join(directory, 'cgroups', node)
}

function readPlaces(directory: string, node: string): Place[] {
  if (!existsSync(notePath(directory, node))) return []
  return readFileSync(notePath(directory, node), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [version, names = '', ...path] = line.split(':')
      return {
        version: version === '1' ? 1 : 2,
        controllers: LIMITED.filter((name) => names.split(',').includes(name)),
        path: path.join(':'),
      }
    })
}

/** Sets the limits of a node, in cgroups that are made where they are not there. Errors: ErrnoException. */
export function setLimits(directory: string, node: string, limits: Limits): void {
  let places = readPlaces(directory, node)
  const lacking = LIMITED.filter((name) => limits[name] !== undefined && !places.some(({ controllers }) => controllers.includes(name)))
  if (lacking.length > 0) {
    places = withControllers(places, lacking, basename(directory), node)
    mkdirSync(join(directory, 'cgroups'), { recursive: true, mode: 0o700 })
    const lines = places.map(({ version, controllers, path }) => `${version}:${controllers.join(',')}:${path}\n`)
    writeWhole(notePath(directory, node), lines.join(''), join(directory, 'cgroups.new')) // each file in there is a node's
    for (const place of places) makeCgroup(place)
  }
  for (const { version, controllers, path } of places) {
    for (const controller of controllers) (version === 2 ? writeSecond : writeFirst)(path, controller, limits)
  }
}

function withControllers(places: readonly Place[], lacking: readonly Limited[], lab: string, node: string): Place[] {
  const byPath = new Map(places.map((place) => [place.path, place]))
  for (const controller of lacking) {
    const found = findController(controller)
    if (found.problem !== undefined) throw Object.assign(new Error(found.problem), { code: 'ENODEV', syscall: `cgroup ${controller}` })
    const names = cgroupName(lab, node)
    const path = join(found.base, names.lab, names.node)
    const controllers = [...(byPath.get(path)?.controllers ?? []), controller]
    byPath.set(path, { version: found.version, controllers, path })
  }
  return [...byPath.values()]
}

function makeCgroup({ version, controllers, path }: Place): void {
  mkdirSync(dirname(path), { recursive: true })
  if (version === 2) {
    const words = controllers.map((name) => `+${name}`).join(' ')
    for (const parent of [dirname(dirname(path)), dirname(path)]) {
      const has = readFileSync(join(parent, 'cgroup.subtree_control'), 'utf8').trim().split(' ')
      if (controllers.some((name) => !has.includes(name))) writeFileSync(join(parent, 'cgroup.subtree_control'), words)
    }
  }
  mkdirSync(path, { recursive: true })
}

function writeSecond(path: string, controller: Limited, limits: Limits): void {
  if (controller === 'io') return writeIo(2, path, limits.io ?? [], readValue)
  writeFileSync(join(path, `${controller}.max`), cgroupFiles(limits)[`${controller}.max`])
  // Else what does not fit goes to swap, and nothing is limited.
  const swap = join(path, 'memory.swap.max')
  if (controller === 'memory' && existsSync(swap)) writeFileSync(swap, limits.memory === undefined ? 'max' : '0')
}

function writeFirst(path: string, controller: Limited, limits: Limits): void {
  if (controller === 'io') return writeIo(1, path, limits.io ?? [], readValue)
  if (controller === 'pids') writeFileSync(join(path, 'pids.max'), cgroupFiles(limits)['pids.max'])
  if (controller === 'memory') writeFileSync(join(path, 'memory.limit_in_bytes'), String(limits.memory ?? -1))
  if (controller !== 'cpu') return
  writeFileSync(join(path, 'cpu.cfs_period_us'), String(CPU_PERIOD_US))
  writeFileSync(join(path, 'cpu.cfs_quota_us'), String(limits.cpu ?? -1))
}

/** The limits that a node's cgroups have; undefined where it has no cgroup. */
export function readLimits(directory: string, node: string): Limits | undefined {
  const places = readPlaces(directory, node)
  if (places.length === 0) return undefined
  const limits: { -readonly [name in Limited]?: Limits[name] } = {}
  for (const { version, controllers, path } of places) {
    for (const controller of controllers) {
      if (controller === 'io') {
        const io = readIo(version, path, readValue)
        if (io !== undefined) limits.io = io
        continue
      }
      const value = (version === 2 ? readSecond : readFirst)(path, controller)
      if (value !== undefined) limits[controller] = value
    }
  }
  return limits
}

/** Limited by one number. */
type Counted = Exclude<Limited, 'io'>

/** Absent where somebody has removed it. */
function readValue(path: string, file: string): string | undefined {
  try {
    return readFileSync(join(path, file), 'utf8').trim()
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENODEV')) return undefined
    throw error
  }
}

function readSecond(path: string, controller: Counted): number | undefined {
  const [value = 'max', period = String(CPU_PERIOD_US)] = (readValue(path, `${controller}.max`) ?? 'max').split(' ')
  if (value === 'max') return undefined
  return controller === 'cpu' ? Math.round((Number(value) * CPU_PERIOD_US) / Number(period)) : Number(value)
}

/** What memory.limit_in_bytes says when there is none is the largest number of whole pages. */
const NO_LIMIT_BYTES = 2 ** 62

function readFirst(path: string, controller: Counted): number | undefined {
  if (controller === 'pids') return readSecond(path, 'pids')
  const value = Number(readValue(path, controller === 'memory' ? 'memory.limit_in_bytes' : 'cpu.cfs_quota_us') ?? -1)
  if (value < 0 || value > NO_LIMIT_BYTES) return undefined
  if (controller === 'memory') return value
  return Math.round((value * CPU_PERIOD_US) / Number(readValue(path, 'cpu.cfs_period_us') ?? CPU_PERIOD_US))
}

/** Undefined where the node has no cgroup. */
export function readUsage(directory: string, node: string): Usage | undefined {
  const places = readPlaces(directory, node)
  if (places.length === 0) return undefined
  return Object.assign({}, ...places.flatMap((place) => place.controllers.map((controller) => usageOf(place, controller)))) as Usage
}

function usageOf({ version, path }: Place, controller: Limited): Usage {
  const number = (file: string): number => Number(readValue(path, file) ?? 0)
  if (controller === 'pids') return { pids: number('pids.current') }
  if (controller === 'io') return ioUsage(version, path, readValue)
  if (controller === 'memory') {
    const memoryBytes = number(version === 2 ? 'memory.current' : 'memory.usage_in_bytes')
    const kills = /^oom_kill (\d+)$/m.exec(readValue(path, version === 2 ? 'memory.events' : 'memory.oom_control') ?? '')?.[1]
    return { memoryBytes, oomKills: Number(kills ?? 0) }
  }
  if (version === 2) return { cpuMs: Number(/^usage_usec (\d+)$/m.exec(readValue(path, 'cpu.stat') ?? '')?.[1] ?? 0) / 1000 }
  const nanoseconds = readValue(path, 'cpuacct.usage') // there, where cpuacct is mounted with cpu
  return nanoseconds === undefined ? {} : { cpuMs: Number(nanoseconds) / 1e6 }
}

/** Files that tell by inotify of kills in a lab's nodes, and whether there are nodes of which none does. */
export function memoryEvents(directory: string): { readonly files: readonly string[]; readonly hasSilent: boolean } {
  const places = limitedNodes(directory)
    .flatMap((node) => readPlaces(directory, node))
    .filter(({ controllers }) => controllers.includes('memory'))
  const files = places.filter(({ version }) => version === 2).map(({ path }) => join(path, 'memory.events'))
  // A note is there before its cgroup.
  return { files: files.filter((file) => existsSync(file)), hasSilent: places.some(({ version }) => version === 1) }
}

/** Nodes of a lab that have cgroups. */
export function limitedNodes(directory: string): string[] {
  const notes = join(directory, 'cgroups')
  return existsSync(notes) ? readdirSync(notes) : []
}

/** What still runs in a node that has gone, or is about to end, keeps its cgroup busy. */
const REMOVE_MS = 5000
const RETRY_MS = 10

/** Removes a node's cgroups, and ends what runs in them. Errors: ErrnoException EBUSY where that does not end. */
export async function removeCgroups(directory: string, node: string): Promise<void> {
  for (const { path } of readPlaces(directory, node)) {
    const limit = performance.now() + REMOVE_MS
    while (!removeEmpty(path)) {
      const pids = (readValue(path, 'cgroup.procs') ?? '').split('\n').map(Number)
      for (const pid of pids) if (pid > 0) sendSignal(pid, 'SIGKILL') // 0: this pid namespace does not see it
      if (performance.now() > limit)
        throw Object.assign(new Error(`EBUSY: processes of ${node} do not end, rmdir '${path}'`), { code: 'EBUSY' })
      await setTimeout(RETRY_MS)
    }
    removeEmpty(dirname(path)) // busy as long as other nodes have one
  }
  rmSync(notePath(directory, node), { force: true })
}

/** Whether it is gone. */
function removeEmpty(path: string): boolean {
  try {
    rmdirSync(path)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return true
    if (isErrno(error, 'EBUSY') || isErrno(error, 'ENOTEMPTY')) return false
    throw error
  }
}
