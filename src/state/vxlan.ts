/** The table of a VXLAN as the kernel makes it. */
import { fdbKey } from './key.ts'
import { ANY_LLADDR } from './kind.ts'
import type { FdbEntry, VirtualLink } from './network.ts'

/** What a new link has by itself: an entry of its `remote` or `group` (__vxlan_dev_create), which can be deleted like any other. */
export function newVxlanEntries({
  kind,
  options: { remote, group },
}: Pick<VirtualLink, 'kind' | 'options'>): ReadonlyMap<string, FdbEntry> {
  const dst = remote ?? group
  if (kind !== 'vxlan' || typeof dst !== 'string') return new Map()
  const fdb = { lladdr: ANY_LLADDR, dst }
  return new Map([[fdbKey(fdb), fdb]])
}
