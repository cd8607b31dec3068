/** A plan being written: what the planners of the nouns share. */
import type { Sourced } from '../diagnostic/origin.ts'
import { addrKey, neighKey, routeKey } from '../state/key.ts'
import type { NamespaceState, NetworkState } from '../state/network.ts'
import type { Standing } from '../state/extra.ts'
import { isSameRoot } from '../state/mount.ts'
import { closeAgain, closedLinks } from './closed.ts'
import { valuesAgain } from './bond.ts'
import { advance } from './effect.ts'
import { lossOf } from './loss.ts'
import type { Loss } from './loss.ts'
import type { Operation } from './operation.ts'
import { namespacesInOrder } from './order.ts'
import { mtusBefore, inverseOf, undoOfDelNetns, undoWithLosses } from './undo.ts'
import { newNamespace, workingCopy } from './working.ts'
import type { Working, WorkingNamespace } from './working.ts'

export interface PlanOptions extends Standing {
  /** By namespace and sysctl: what it was before netlab set it first. Written back when the file drops the sysctl. */
  readonly restore?: ReadonlyMap<string, ReadonlyMap<string, string>> | undefined
  /** What sysctls are in a namespace that is new: writing the same again would cost more than making a cable. */
  readonly fresh?: ReadonlyMap<string, string> | undefined
}

export interface Draft {
  readonly desired: NetworkState
  /** Desired namespaces, nodes first. */
  readonly namespaces: readonly (readonly [netns: string, desired: NamespaceState])[]
  readonly observed: NetworkState
  readonly options: PlanOptions
  /** Namespaces that are new or made anew. */
  readonly isNew: (netns: string) => boolean
  /** What stands in a namespace after the operations so far. */
  readonly now: (netns: string) => WorkingNamespace
  /** Why an object that is not there is to be made: it went with another one, or it never was. `key` as in its namespace. */
  readonly whyMissing: (netns: string, noun: Loss['noun'], key: string) => string
  readonly emit: (operation: Operation) => void
  readonly operations: readonly Operation[]
}

export function startDraft(desired: NetworkState, observed: NetworkState, options: PlanOptions): Draft {
  const operations: Operation[] = []
  // Where nothing was observed nothing can be lost, and a refusal drops the whole lab: no need to follow the plan.
  const working: Working | undefined = observed.namespaces.size === 0 ? undefined : workingCopy(observed, options.previous)
  const nothing = newNamespace('node')
  const lostBecause = new Map<string, string>()

  function emit(operation: Operation): void {
    if (working === undefined) {
      operations.push(Object.freeze(operation))
      return
    }
    const { losses, undoable } = follow(working, operation)
    operations.push(Object.freeze(undoable))
    const here = losses.filter(({ netns }) => !isNew(netns))
    for (const again of valuesAgain(desired, working, here)) emit(again)
  }

  /** Does the operation to `working`. */
  function follow(working: Working, operation: Operation): { losses: readonly Loss[]; undoable: Operation } {
    const before = working.get(operation.netns)
    const undo = operation.type === 'del netns' && before ? undoOfDelNetns(operation.netns, before, lossOf(working, operation)) : undefined
    const mtus = mtusBefore(working, operation)
    const closed = closedLinks(working, operation)
    const closing = (steps: readonly Operation[]): Operation => ({ ...operation, undo: [...steps, ...closeAgain(closed, steps, 'undo')] })
    const losses = advance(working, operation)
    for (const loss of losses) lostBecause.set(lossKey(loss), becauseOf(operation))
    if (undo !== undefined) return { losses, undoable: closing(undo) }
    const backLosses = inverseOf(operation).flatMap((inverse) => lossOf(working, inverse))
    const all = [...losses, ...backLosses]
    if (all.length === 0 && mtus.length === 0 && closed.length === 0 && operation.type !== 'del link')
      return { losses, undoable: operation }
    return { losses, undoable: closing([...undoWithLosses(operation, all), ...mtus]) }
  }

  function isNew(netns: string): boolean {
    const [there, wanted] = [observed.namespaces.get(netns), desired.namespaces.get(netns)]
    return there === undefined || wanted === undefined || there.kind !== wanted.kind || !isSameRoot(there.root, wanted.root)
  }

  return {
    desired,
    namespaces: namespacesInOrder(desired),
    observed,
    options,
    isNew,
    now: (netns) => working?.get(netns) ?? nothing,
    whyMissing: (netns, noun, key) => lostBecause.get(`${netns} ${noun} ${key}`) ?? 'not there',
    emit,
    operations,
  }
}

/** Where an object was asked for: its own line, or that of its node where netlab gives it to each (/etc/hosts, ip_forward). */
export function originOf(object: Sourced, node: Sourced | undefined): Sourced {
  const origin = object.origin ?? node?.origin
  return origin === undefined ? {} : { origin }
}

function lossKey(loss: Loss): string {
  switch (loss.noun) {
    case 'addr':
      return `${loss.netns} addr ${addrKey(loss.addr)}`
    case 'route':
      return `${loss.netns} route ${routeKey(loss.route)}`
    case 'neigh':
      return `${loss.netns} neigh ${neighKey(loss.neigh)}`
    case 'sysctl':
      return `${loss.netns} sysctl ${loss.name}`
    case 'link':
    case 'qdisc':
    case 'port':
    case 'vlans':
    case 'released':
    case 'lladdr':
    case 'mtu':
    case 'master':
      return `${loss.netns} ${loss.noun} ${loss.ifname}`
  }
}

function becauseOf(operation: Operation): string {
  switch (operation.type) {
    case 'del link':
      return 'went with its link'
    case 'del netns':
      return `went with ${operation.netns}`
    case 'del addr':
      return `went with ${operation.addr.local}`
    case 'set sysctl':
      return `${operation.name} resets it`
    case 'set link':
      if (operation.set.up === false) return `went when ${operation.ifname} went down`
      if (operation.set.master !== undefined) return `went when ${operation.ifname} got another master`
      return `went when the ${operation.set.mtu === undefined ? 'lladdr' : 'mtu'} of ${operation.ifname} changed`
    default:
      return 'not there'
  }
}
