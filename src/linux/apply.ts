// Carries out the operations of a plan in their order. Decides nothing: an operation says all that it needs.
// Neighbouring netlink operations of one namespace leave in one datagram.
import type { Operation } from '../plan/operation.ts'
import { giveBack, takeLink } from './external.ts'
import { attributeAt } from './extack.ts'
import { putAllAside, removeFile, writeFiles, type PlacedFile } from './file.ts'
import { flushPuts, isolate } from './holder.ts'
import { sethostname } from './libc.ts'
import { makeNode } from './furnish.ts'
import { addMount, delMount } from './mount.ts'
import { addNetns, delNetns } from './namespace.ts'
import { syscallRefusal } from './refusal.ts'
import { isTun, newIfindex, placeOperation, type PlacedOperation, type PlacedRequest } from './request.ts'
import { runOf } from './run-of.ts'
import { RequestRefused } from './send-request.ts'
import { writeSysctl } from './sysctl.ts'
import { transact, type NetlinkSocket, type Request } from './transport.ts'
import { addTun } from './tun.ts'
import { namespaceOf, within, withinNet, type OpenNamespace, type World } from './world.ts'

/** The kernel's no to one operation. */
export interface Refusal {
  /** Index in the list that was given. */
  readonly index: number
  /** errno name, e.g. ENODEV. */
  readonly code: string
  /** The kernel's words (extack), verbatim, where it gave any. */
  readonly extack?: string
  /** Name of the attribute that offends, e.g. IFLA_MTU. */
  readonly attribute?: string
  /** The system call, where it was not a netlink request. */
  readonly syscall?: string
}

/**
 * Operations `0 … attempted - 1` were tried, in order; those among `refusals` have had no effect. Without a refusal it ends early where an
 * operation must wait for an unfinished node.
 */
export interface ApplyOutcome {
  readonly attempted: number
  readonly refusals: readonly Refusal[]
}

/** Carries out operations until the kernel refuses one; those that left in the same datagram are tried too. */
export function apply(world: World, operations: readonly Operation[]): ApplyOutcome {
  try {
    const outcome = applyAll(world, operations)
    heedGroupsAgain(world, operations, outcome.refusals)
    return outcome
  } finally {
    flushPuts(world.holder)
  }
}

/** A bridge that has no room for one more group stops snooping (br_multicast_new_group: E2BIG): what is refused is to have no effect. */
function heedGroupsAgain(world: World, operations: readonly Operation[], refusals: readonly Refusal[]): void {
  for (const { index, code } of refusals) {
    const operation = operations[index]
    if (code !== 'E2BIG' || operation?.type !== 'add mdb') continue
    const { netns, cause, bridge } = operation
    takeBack(placeOperation(world, { type: 'set link', netns, cause, ifname: bridge, set: { bridge: { mcastSnooping: true } } }))
  }
}

function applyAll(world: World, operations: readonly Operation[]): ApplyOutcome {
  const batch = new Batch()
  for (let index = 0; index < operations.length;) {
    const placed = placeOperation(world, operations[index]!)
    const refusals = placed === undefined ? batch.flush() : batch.add(index, placed)
    if (refusals.length > 0) return { attempted: index, refusals }
    if (placed === undefined) {
      const done = carryOut(world, operations, index)
      if (typeof done !== 'number') return done
      index += done
      continue
    }
    const outcome = placed.after.length > 0 ? complete(batch, index, placed) : undefined
    if (outcome !== undefined) return outcome
    index++
  }
  return { attempted: operations.length, refusals: batch.flush() }
}

/** An operation that is no netlink request, and those behind it that are best done with it. Returns how many these are, or where it ends. */
function carryOut(world: World, operations: readonly Operation[], index: number): number | ApplyOutcome {
  const operation = operations[index]!
  const { netns } = operation
  if (operation.type !== 'set sysctl' && world.builder?.isUnfinished(netns) === true) return { attempted: index, refusals: [] }
  const files = runOf(operations, index, netns, 'write file') // placed together, since entering a mount namespace costs
  try {
    if (operation.type === 'add netns' && operation.kind === 'node') return 1 + makeNode(world, operation, operations, index)
    if (files.length > 0) writeFiles(world, namespaceOf(world, netns), files)
    else perform(world, operation)
  } catch (error) {
    const refusal = files.length > 1 ? writeSingly(world, namespaceOf(world, netns), files, index) : refusalOf(error, index)
    if (refusal !== undefined) return { attempted: refusal.index + 1, refusals: [refusal] }
  }
  return Math.max(1, files.length)
}

/** Sends what waits, the request of this operation last, then what makes it whole. Returns where it ends if something is refused. */
function complete(batch: Batch, index: number, { after, back }: PlacedOperation): ApplyOutcome | undefined {
  const refusals = batch.flush()
  const isRefused = refusals.some((refusal) => refusal.index === index)
  if (refusals.length > 0) {
    if (!isRefused) takeBack(back)
    return { attempted: isRefused ? index + 1 : index, refusals }
  }
  for (const placed of after) {
    batch.add(index, placed)
    const [refusal] = batch.flush()
    if (refusal === undefined) continue
    takeBack(back)
    return { attempted: index + 1, refusals: [refusal] }
  }
  return undefined
}

/** A refusal here would add nothing to the one that is being told: what was made a moment ago is gone already. */
function takeBack(placed: PlacedRequest | undefined): void {
  if (placed !== undefined) transact(placed.socket ?? placed.namespace.netlink, [placed.request])
}

/** Requests that wait for the next datagram, all for one socket. */
class Batch {
  #socket: NetlinkSocket | undefined
  #requests: Request[] = []
  #operations: number[] = []

  /** Adds a request of an operation. Whatever waits for another socket leaves first; if any of that is refused, the request is not added. */
  add(operation: number, { namespace, request, socket = namespace.netlink }: PlacedRequest): Refusal[] {
    const refusals = this.#socket === socket ? [] : this.flush()
    if (refusals.length > 0) return refusals
    this.#socket = socket
    this.#requests.push(request)
    this.#operations.push(operation)
    return []
  }

  /** Sends what waits. */
  flush(): Refusal[] {
    if (this.#socket === undefined) return []
    const requests = this.#requests
    const refusals = transact(this.#socket, requests).map(({ index, code, extack, offset }): Refusal => {
      const attribute = offset === undefined ? undefined : attributeAt(requests[index]!, offset)
      return {
        index: this.#operations[index]!,
        code,
        ...(extack !== undefined && { extack }),
        ...(attribute !== undefined && { attribute }),
      }
    })
    this.#socket = undefined
    this.#requests = []
    this.#operations = []
    return refusals
  }
}

/** Files that could not be placed together, one by one: to tell which was refused. */
function writeSingly(world: World, namespace: OpenNamespace, files: readonly PlacedFile[], start: number): Refusal | undefined {
  for (const [offset, file] of files.entries()) {
    try {
      writeFiles(world, namespace, [file])
    } catch (error) {
      return refusalOf(error, start + offset)
    }
  }
  return undefined
}

function refusalOf(error: unknown, index: number): Refusal {
  if (error instanceof RequestRefused) {
    const { code, extack, attribute } = error
    return { index, code, ...(extack !== undefined && { extack }), ...(attribute !== undefined && { attribute }) }
  }
  return { index, ...syscallRefusal(error) }
}

function perform(world: World, operation: Operation): void {
  switch (operation.type) {
    case 'add netns':
      return addNetns(world, operation)
    case 'del netns':
      putAllAside(world, operation.netns)
      return delNetns(world, operation.netns)
    case 'set hostname':
      return within(world, namespaceOf(world, operation.netns), () => sethostname(operation.hostname))
    case 'set isolation':
      return isolate(world.holder, operation.netns, operation.isolation)
    case 'set sysctl':
      return withinNet(world, namespaceOf(world, operation.netns), () => writeSysctl(operation.name, operation.value))
    case 'add link':
      if (!isTun(operation)) break
      return addTun(
        world,
        namespaceOf(world, operation.netns),
        operation,
        newIfindex(world, namespaceOf(world, operation.netns), operation.ifname),
      )
    case 'take link':
      return takeLink(world, namespaceOf(world, operation.netns), operation)
    case 'del link':
      return giveBack(world, namespaceOf(world, operation.netns), operation.ifname)
    case 'add mount':
      return addMount(world, namespaceOf(world, operation.netns), operation.path, operation.mount)
    case 'del mount':
      return delMount(world, namespaceOf(world, operation.netns), operation.path)
    case 'remove file':
      return removeFile(world, namespaceOf(world, operation.netns), operation.path)
    default:
      break
  }
  throw new Error(`The engine does not carry out "${operation.type}"`)
}
