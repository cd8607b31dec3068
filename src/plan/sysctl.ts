/** Sysctls. sysctl(8); Documentation/networking/ip-sysctl.rst. */
import { isSameSysctl } from '../state/equal.ts'
import type { NamespaceState } from '../state/network.ts'
import { originOf } from './draft.ts'
import type { Draft } from './draft.ts'
import { sysctlsInOrder } from './order.ts'
import { sysctlIfname } from '../state/sysctl-name.ts'

/** Sysctls of the whole namespace, `all` and `default` included. */
export function planNetnsSysctls(draft: Draft, netns: string, desired: NamespaceState): void {
  planSysctls(draft, netns, desired, (ifname) => ifname === undefined)
}

/** Sysctls of single links, which come and go with them. */
export function planLinkSysctls(draft: Draft): void {
  for (const [netns, desired] of draft.namespaces) planSysctls(draft, netns, desired, (ifname) => ifname !== undefined)
}

function planSysctls(draft: Draft, netns: string, { sysctls }: NamespaceState, isTurn: (ifname: string | undefined) => boolean): void {
  if (sysctls.size > 0) {
    for (const name of sysctlsInOrder(sysctls.keys())) if (isTurn(sysctlIfname(name))) planSysctl(draft, netns, name)
  }
  if (!draft.isNew(netns)) planDropped(draft, netns, isTurn)
}

function planSysctl(draft: Draft, netns: string, name: string): void {
  const sysctl = draft.desired.namespaces.get(netns)?.sysctls.get(name)
  const there = draft.now(netns).sysctls.get(name)
  const fresh = draft.isNew(netns) && there === undefined ? draft.options.fresh?.get(name) : undefined
  if (sysctl !== undefined && fresh !== undefined && isSameSysctl(sysctl, { value: fresh })) return
  if (sysctl === undefined || (there !== undefined && isSameSysctl(sysctl, there))) return
  const why = draft.whyMissing(netns, 'sysctl', name)
  draft.emit({
    type: 'set sysctl',
    netns,
    cause: there === undefined ? (why === 'not there' ? 'not set yet' : why) : `is ${there.value}, the file says ${sysctl.value}`,
    ...originOf(sysctl, draft.desired.namespaces.get(netns)),
    name,
    value: sysctl.value,
    ...(there !== undefined && { previous: there.value }),
  })
}

/** What the file no longer sets gets the value that it had before netlab. */
function planDropped(draft: Draft, netns: string, isTurn: (ifname: string | undefined) => boolean): void {
  const { previous, restore } = draft.options
  const before = restore?.get(netns)
  if (before === undefined) return
  for (const name of sysctlsInOrder(previous?.namespaces.get(netns)?.sysctls.keys() ?? [])) {
    const value = before.get(name)
    const isDropped = draft.desired.namespaces.get(netns)?.sysctls.has(name) === false
    if (value !== undefined && isDropped && isTurn(sysctlIfname(name)) && !isOfNewLink(draft, netns, name)) {
      planRestore(draft, netns, name, value)
    }
  }
}

/** A link that is new, or gone, has nothing left of the value that netlab set. */
function isOfNewLink(draft: Draft, netns: string, name: string): boolean {
  const ifname = sysctlIfname(name)
  if (ifname === undefined) return false
  return !draft.now(netns).links.has(ifname) || draft.whyMissing(netns, 'sysctl', name) === 'went with its link'
}

function planRestore(draft: Draft, netns: string, name: string, value: string): void {
  const there = draft.now(netns).sysctls.get(name)
  if (there !== undefined && isSameSysctl(there, { value })) return
  const cause = 'not in the file: back to what it was'
  draft.emit({ type: 'set sysctl', netns, cause, name, value, ...(there !== undefined && { previous: there.value }) })
}
