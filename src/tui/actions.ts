// What the user interface can have done. It does nothing of this itself: actions are handed in.
import type { LabEvent } from '../lab/lab-event.ts'
import type { LinkSettings } from '../lab/link.ts'
import type { NodeDetail, NodeWish } from '../lab/node-detail.ts'
import type { CommandStreams, RunningCommand } from '../lab/start-command.ts'
import type { WatchMessage } from '../lab/watch.ts'
import type { CableEnd } from './links.ts'
import type { TestRunner } from './tests.ts'
import type { LinkEnd, NetworkState, ServiceName } from '../state/network.ts'

export interface TuiActions extends TestRunner {
  /** Tells what happens in the lab until the signal comes, over its downs and ups. */
  watch(hear: (message: WatchMessage) => void, signal: AbortSignal): Promise<void>
  /** What the lab's file asked for, as the last `up` has noted it; undefined where the lab is down. */
  readDesired(): NetworkState | undefined
  /** What is asked of a node only while somebody looks at it; `inode` is its network namespace's. */
  examine(node: string, inode: number, wish: NodeWish): Promise<NodeDetail>
  /** Starts a line of shell in a node. */
  start(node: string, line: string, streams: CommandStreams): Promise<RunningCommand>
  /** Writes what passes an interface into a file, until it is killed. */
  capture(end: { readonly place: string; readonly ifname: string }, path: string, onStderr: (text: string) => void): Promise<RunningCommand>
  /** What a service prints, the last lines first, until it is killed. */
  serviceLog(name: ServiceName, onText: (text: string) => void): Promise<RunningCommand>
  restartService(name: ServiceName): Promise<void>
  /** Opens a shell in a node, with the terminal; resolves when it is left. */
  shell(node: string): Promise<void>
  /** Same as: ip link set … up | down */
  setLink(end: LinkEnd, up: boolean): Promise<void>
  /** Impairs what leaves by an end of a cable; what is not named stays. */
  impair(end: CableEnd, settings: LinkSettings): Promise<void>
  /** Brings both directions of a cable back to what the file says. */
  resetLink(end: CableEnd): Promise<void>
  /** Stops a node, its cables and its processes, or starts it again. */
  setPower(node: string, isOn: boolean): Promise<void>
  /** Takes the lab down. */
  down(): Promise<void>
  /** Writes events as JSON lines; the path of the file. */
  saveEvents(events: readonly LabEvent[]): Promise<string>
}
