/** What can be changed in a link that stands; what is absent stays. */
import type { VirtualKind } from '../state/kind.ts'
import type { AddrGenMode, BridgeLink, BridgeVlan } from '../state/network.ts'
import type { Options } from '../state/option.ts'

export interface LinkChange {
  readonly up?: boolean
  readonly mtu?: number
  readonly lladdr?: string
  readonly addrGenMode?: AddrGenMode
  /** null: taken out of its bridge, bond or VRF. */
  readonly master?: string | null
  /** '' takes it away. */
  readonly alias?: string
  /** Bridge options. */
  readonly bridge?: Partial<Pick<BridgeLink, 'stp' | 'priority' | 'ageingCs' | 'forwardDelayCs' | 'helloCs' | 'maxAgeCs' | 'mcastSnooping'>>
  /** Of a bridge; null: it takes no notice of VLANs. */
  readonly vlan?: BridgeVlan | null
  /** Of a kind in state/kind.ts. */
  readonly kind?: { readonly name: VirtualKind; readonly options: Options }
  /** Of a bridge's port. */
  readonly port?: Options
}
