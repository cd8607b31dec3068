// What a user interface can have done in one lab: the use cases that it needs, under one roof.
import { appendFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { LinkEnd, NetworkState, ServiceName } from '../state/network.ts'
import { tcpdumpCommand } from './capture.ts'
import { down } from './down.ts'
import { nodeCommand } from './exec.ts'
import { eventJson } from './event-json.ts'
import type { LabEvent } from './lab-event.ts'
import { setCarrier } from './link-carrier.ts'
import { resetLink, setLink, type LinkSettings } from './link.ts'
import { examineNode, type NodeDetail, type NodeWish } from './node-detail.ts'
import { followServiceLog, serviceLog } from './service-log.ts'
import { controlServices } from './services.ts'
import { startCommand, type CommandStreams, type RunningCommand } from './start-command.ts'
import { isAlive, readMemory, readRecord } from './state.ts'
import { watchLab, type WatchMessage } from './watch.ts'

/** How much of a log is shown of the time before. */
const LOG_LINES = 500

export class Workbench {
  readonly lab: string
  /** Files are named from here. */
  readonly #cwd: string

  constructor(lab: string, cwd: string) {
    this.lab = lab
    this.#cwd = cwd
  }

  /** Tells what happens in the lab until the signal comes, over its downs and ups. */
  watch(hear: (message: WatchMessage) => void, signal: AbortSignal): Promise<void> {
    return watchLab(this.lab, hear, { signal, follow: true })
  }

  /** What the lab's file asked for, as the last `up` has noted it. */
  readDesired(): NetworkState | undefined {
    const record = readRecord(this.lab)
    return record !== undefined && isAlive(record) ? readMemory(this.lab).desired : undefined
  }

  /** What is asked of a node only while somebody looks at it; `inode` is its network namespace's. */
  examine(node: string, inode: number, wish: NodeWish): Promise<NodeDetail> {
    return examineNode(this.lab, node, inode, wish)
  }

  /** Starts a line of shell in a node. */
  async start(node: string, line: string, streams: CommandStreams): Promise<RunningCommand> {
    return startCommand(nodeCommand(this.lab, node, ['sh', '-c', line]), streams)
  }

  /** Writes what passes an interface of a node or a bridge into a file, until it is killed. */
  async capture(
    { place, ifname }: { readonly place: string; readonly ifname: string },
    path: string,
    onStderr: (text: string) => void,
  ): Promise<RunningCommand> {
    // The file is opened here: a node has a /tmp of its own.
    const command = tcpdumpCommand(this.lab, place, ifname, { asFile: true, words: [] })
    return startCommand(command, { stdoutPath: resolve(this.#cwd, path), onStderr })
  }

  /** What a service prints, the last lines first, until it is killed. */
  async serviceLog(name: ServiceName, onText: (text: string) => void): Promise<RunningCommand> {
    const abort = new AbortController()
    onText(
      serviceLog(this.lab, name, LOG_LINES)
        .map((line) => `${line}\n`)
        .join(''),
    )
    const done = followServiceLog(this.lab, name, onText, abort.signal).then(() => 0)
    return { done, kill: () => abort.abort() }
  }

  async restartService({ netns, service }: ServiceName): Promise<void> {
    await controlServices(this.lab, netns, service, 'restart')
  }

  /** Same as: ip link set … up | down */
  setLink(end: LinkEnd, up: boolean): Promise<void> {
    return setCarrier(this.lab, end, up)
  }

  /** Impairs what leaves by an end, `r1:eth1` or `lan:h1.eth0`. */
  async impair(end: string, settings: LinkSettings): Promise<void> {
    await setLink(this.lab, end, settings)
  }

  /** Brings both directions of a cable back to what the file says. */
  async resetLink(end: string): Promise<void> {
    await resetLink(this.lab, end, { both: true })
  }

  /** Takes the lab down. */
  async down(): Promise<void> {
    await down(this.lab)
  }

  /** Writes events as JSON lines; the path of the file. */
  async saveEvents(events: readonly LabEvent[]): Promise<string> {
    const stamp = new Date()
      .toISOString()
      .replace(/\.\d+Z$/, 'Z')
      .replaceAll(':', '')
    const path = resolve(this.#cwd, `${this.lab}-events-${stamp}.jsonl`)
    await appendFile(path, events.map((event) => `${eventJson(this.lab, event)}\n`).join(''))
    return path
  }
}
