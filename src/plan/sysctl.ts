/** Sysctls. sysctl(8); Documentation/networking/ip-sysctl.rst. */
import { isSameSysctl } from '../state/equal.ts'
import type { Draft } from './draft.ts'
import { sysctlsInOrder } from './order.ts'
import { sysctlIfname } from './sysctl-name.ts'

/** Sysctls of whole namespaces, `all` and `default` included. */
export function planNetnsSysctls(draft: Draft): void {
  planSysctls(draft, (ifname) => ifname === undefined)
}

/** Sysctls of single links, which come and go with them. */
export function planLinkSysctls(draft: Draft): void {
  planSysctls(draft, (ifname) => ifname !== undefined)
}

function planSysctls(draft: Draft, isTurn: (ifname: string | undefined) => boolean): void {
  for (const [netns, desired] of draft.namespaces) {
    if (desired.sysctls.size > 0) {
      for (const name of sysctlsInOrder(desired.sysctls.keys())) if (isTurn(sysctlIfname(name))) planSysctl(draft, netns, name)
    }
    if (!draft.isNew(netns)) planDropped(draft, netns, isTurn)
  }
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
    ...(sysctl.origin !== undefined && { origin: sysctl.origin }),
    name,
    value: sysctl.value,
    ...(there !== undefined && { previous: there.value }),
  })
}

/** What the file no longer sets gets the value that it had before netlab; a link that is new has its own. */
function planDropped(draft: Draft, netns: string, isTurn: (ifname: string | undefined) => boolean): void {
  const { previous, restore } = draft.options
  const before = restore?.get(netns)
  const desired = draft.desired.namespaces.get(netns)
  if (before === undefined || desired === undefined) return
  for (const name of sysctlsInOrder(previous?.namespaces.get(netns)?.sysctls.keys() ?? [])) {
    const ifname = sysctlIfname(name)
    const value = before.get(name)
    if (value === undefined || desired.sysctls.has(name) || !isTurn(ifname)) continue
    const now = draft.now(netns)
    const there = now.sysctls.get(name)
    const isRemade = ifname !== undefined && (!now.links.has(ifname) || draft.whyMissing(netns, 'sysctl', name) === 'went with its link')
    if (isRemade || (there !== undefined && isSameSysctl(there, { value }))) continue
    draft.emit({
      type: 'set sysctl',
      netns,
      cause: 'not in the file: back to what it was',
      name,
      value,
      ...(there !== undefined && { previous: there.value }),
    })
  }
}
