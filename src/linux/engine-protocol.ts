// What a client and its engine say to each other over the IPC channel (structured clone).
import type { Flow } from './flow/flow.ts'
import type { RouteQuery } from './flow/route-lookup.ts'
import type { LayerState } from '../state/mount.ts'
import type { LiveBatch } from '../state/live.ts'
import type { LinkEnd } from '../state/network.ts'
import type { ObserveScope } from './observe.ts'
import type { PackedOperations } from './wire.ts'

/** Where the client tells native/spare.c how many namespaces are wanted, and where the engine receives them; as native/nsexec.h. */
export const SPARES_FD = 4

export interface StartArguments {
  /** Path of the nsexec program. */
  readonly nsexec: string
  /** The lab's state directory: the holder's socket lies there, and the lab's tmpfs is mounted over it inside. */
  readonly directory: string
}

/** Some of the operations of a plan: while one part is carried out, the client packs the next. */
export interface ApplyPart {
  readonly packed: PackedOperations
  /** Index of its first operation; 0 begins a new plan. A part that follows one which was refused or cancelled is not begun. */
  readonly from: number
  /** Whether the plan ends with it: then all its nodes are to be whole. */
  readonly isLast: boolean
  /** How many operations between two reports of progress. */
  readonly slice?: number
}

export type EngineCall = { readonly id: number } & (
  | { readonly method: 'start'; readonly arguments: StartArguments }
  | { readonly method: 'unpack'; readonly arguments: { readonly tree: string; readonly layers: readonly LayerState[] } }
  | { readonly method: 'removeImages'; readonly arguments: { readonly trees: readonly string[] } }
  | { readonly method: 'enter'; readonly arguments: { readonly directory: string; readonly holderPid: number } }
  | { readonly method: 'prepare'; readonly arguments: undefined }
  | { readonly method: 'apply'; readonly arguments: ApplyPart }
  | { readonly method: 'observe'; readonly arguments: { readonly scope: ObserveScope; readonly withFacts: boolean } }
  | { readonly method: 'defaults'; readonly arguments: { readonly names: readonly string[] } }
  | { readonly method: 'usedPorts'; readonly arguments: { readonly netns: string } }
  | { readonly method: 'pathExists'; readonly arguments: { readonly netns: string; readonly path: string } }
  | { readonly method: 'probe'; readonly arguments: { readonly names?: readonly string[] } }
  | { readonly method: 'probeQdiscs'; readonly arguments: { readonly names: readonly string[] } }
  | { readonly method: 'list'; readonly arguments: undefined }
  | {
      readonly method: 'flows'
      readonly arguments: { readonly flows: readonly Flow[]; readonly taps?: readonly string[]; readonly withFrames?: boolean }
    }
  | { readonly method: 'lookup'; readonly arguments: { readonly queries: readonly RouteQuery[] } }
  | { readonly method: 'facts'; readonly arguments: { readonly names: readonly string[] } }
  | { readonly method: 'returnLinks'; readonly arguments: { readonly directory: string } }
  | { readonly method: 'moveLink'; readonly arguments: { readonly from: LinkEnd; readonly to: LinkEnd } }
  | { readonly method: 'watch'; readonly arguments: undefined }
  | { readonly method: 'commit'; readonly arguments: undefined }
)

export type EngineReply =
  | { readonly progress: number }
  | { readonly batch: LiveBatch }
  | { readonly id: number; readonly result: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly stack?: string; readonly code?: string } }
