// What is shown and what is done about it: the state of the view, and the steps that keys and the mouse take in it.
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { arrange, PLAIN_LIST, type ArrangedList, type ListState } from './list.ts'
import type { TuiActions } from './actions.ts'
import { CommandPane } from './commands.ts'
import { cablesOf, cableText, endText, type Cable } from './links.ts'
import type { ImpairForm } from './impair-form.ts'
import type { EditedLine } from './line-editor.ts'
import { LINK_LIST } from './link-table.ts'
import type { LabModel } from './model.ts'
import { NODE_LIST } from './node-table.ts'
import { nodeRows, type NodeRow } from './nodes.ts'
import type { Color } from './span.ts'
import { TestBoard } from './tests.ts'
import type { NamespaceState } from '../state/network.ts'
import type { ServiceName } from '../state/service.ts'
import { ruleCounters, type NodeDetail, type NodeWish } from '../lab/node-detail.ts'

export type View = 'overview' | 'map' | 'events' | 'commands' | 'tests'
export const VIEWS: readonly View[] = ['overview', 'map', 'events', 'commands', 'tests']

export type Panel = 'nodes' | 'links'

/** A question that waits for one key. */
export interface Question {
  readonly kind: 'question'
  readonly title: string
  readonly words: readonly string[]
  /** What a key answers, `y` being the one that goes on. */
  readonly answers: readonly { readonly key: string; readonly words: string; readonly act: () => void }[]
}

/** A line that is typed. */
export interface Prompt extends EditedLine {
  readonly kind: 'prompt'
  readonly label: string
  /** Earlier lines, the latest last. */
  readonly history?: readonly string[]
  historyAt: number
  /** Hears each change. */
  readonly onChange?: (text: string) => void
  readonly onEnter: (text: string) => void
  readonly onEscape?: () => void
}

/** All keys; those that move scroll it. */
export interface HelpOverlay {
  readonly kind: 'help'
  scroll: number
}

export type Overlay = HelpOverlay | Question | Prompt | ImpairForm

export interface Detail {
  readonly kind: Panel
  readonly key: string
  scroll: number
  /** What was asked of the node. */
  asked?: NodeDetail
  /** When the counter of a rule was seen to have grown, by the rule's text. */
  readonly grownAtMs: Map<string, number>
}

/** The part of the screen that a view has. */
export interface Place {
  readonly controller: Controller
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** A part of the screen where a click does something. */
export interface ClickArea extends Omit<Place, 'controller'> {
  /** Row and column count from the upper left corner of the area. */
  readonly press: (row: number, column: number) => void
}

interface Rows {
  readonly version: number
  readonly nodes: readonly NodeRow[]
  readonly cables: readonly Cable[]
  /** Columns that the longest names of nodes and of cables' ends take. */
  readonly longest: { readonly name: number; readonly end: number }
}

/** A list that was arranged, and what of and by what: it is asked for many times a frame. */
interface Arranged<Row> {
  readonly of: Rows
  readonly by: ListState
  readonly list: ArrangedList<Row>
}

const MESSAGE_MS = 6000

export class Controller {
  readonly model: LabModel
  readonly actions: TuiActions
  view: View = 'overview'
  panel: Panel = 'nodes'
  isZoomed = false
  lists: Record<Panel, ListState> = { nodes: PLAIN_LIST, links: PLAIN_LIST }
  /** Names of the nodes that a command is to run in. */
  readonly marked = new Set<string>()
  detail: Detail | undefined
  overlay: Overlay | undefined
  message: { readonly text: string; readonly color?: Color } | undefined
  eventFilter = ''
  /** Events from the end that are scrolled away. */
  eventScroll = 0
  /** What of the map stands in the upper left corner; undefined until it is drawn: the middle of its first row is seen then. */
  mapOffset: { column: number; row: number } | undefined
  /** As the last frame has drawn them. */
  areas: ClickArea[] = []
  panes: CommandPane[] = []
  paneIndex = 0
  readonly tests: TestBoard
  readonly history: string[] = []
  #messageTimer: NodeJS.Timeout | undefined
  /** The detail that is being asked about. */
  #examined: Detail | undefined
  #rows: Rows | undefined
  #nodeList: Arranged<NodeRow> | undefined
  #linkList: Arranged<Cable> | undefined
  /** Ends the user interface. */
  readonly quit: () => void
  /** Paths are shown from here. */
  readonly cwd: string

  constructor(model: LabModel, actions: TuiActions, quit: () => void, cwd: string) {
    this.model = model
    this.actions = actions
    this.quit = quit
    this.cwd = cwd
    this.tests = new TestBoard(actions)
  }

  /** All nodes and cables, worked out once for each change of the network. */
  get rows(): Rows {
    const { networkVersion: version, network } = this.model
    if (this.#rows?.version !== version) {
      const [nodes, cables] = [nodeRows(this.model), cablesOf(network)]
      const name = nodes.reduce((most, row) => Math.max(most, row.name.length), 0)
      const end = cables.reduce((most, { a, b }) => Math.max(most, endText(a).length, b === undefined ? 0 : endText(b).length), 0)
      this.#rows = { version, nodes, cables, longest: { name, end } }
    }
    return this.#rows
  }

  get nodeList(): ArrangedList<NodeRow> {
    const { rows, lists } = this
    if (this.#nodeList?.of !== rows || this.#nodeList.by !== lists.nodes)
      this.#nodeList = { of: rows, by: lists.nodes, list: arrange(rows.nodes, NODE_LIST, lists.nodes) }
    return this.#nodeList.list
  }

  get linkList(): ArrangedList<Cable> {
    const { rows, lists } = this
    if (this.#linkList?.of !== rows || this.#linkList.by !== lists.links)
      this.#linkList = { of: rows, by: lists.links, list: arrange(rows.cables, LINK_LIST, lists.links) }
    return this.#linkList.list
  }

  /** The node that is meant: that of the detail, or of the list. */
  get node(): NodeRow | undefined {
    if (this.detail?.kind === 'nodes') return this.rows.nodes.find((row) => NODE_LIST.key(row) === this.detail?.key)
    const list = this.nodeList
    return list.rows[list.index]
  }

  /** The cable that is meant. */
  get cable(): Cable | undefined {
    if (this.detail?.kind === 'links') return this.rows.cables.find((row) => row.key === this.detail?.key)
    const list = this.linkList
    return list.rows[list.index]
  }

  get pane(): CommandPane | undefined {
    return this.panes[this.paneIndex]
  }

  changed(): void {
    this.model.changed()
  }

  say(text: string, color?: Color): void {
    clearTimeout(this.#messageTimer)
    this.message = { text, ...(color !== undefined && { color }) }
    this.#messageTimer = setTimeout(() => {
      this.message = undefined
      this.changed()
    }, MESSAGE_MS).unref()
    this.changed()
  }

  /** Does it, and says what came of it. */
  attempt(work: () => Promise<string | undefined>): void {
    work().then(
      (words) => words !== undefined && this.say(words, 'green'),
      (error: unknown) => this.say(messageOf(error), 'red'),
    )
  }

  /** Moves the selection of the list in front by rows. */
  move(by: number): void {
    if (this.view === 'overview' && this.panel === 'nodes') this.#select('nodes', this.nodeList, by, NODE_LIST.key)
    else if (this.view === 'overview') this.#select('links', this.linkList, by, LINK_LIST.key)
  }

  #select<Row>(panel: Panel, { rows, index }: ArrangedList<Row>, by: number, key: (row: Row) => string): void {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index + by))]
    if (row !== undefined) this.setList(panel, { selected: key(row) })
  }

  setList(panel: Panel, change: Partial<ListState>): void {
    this.lists = { ...this.lists, [panel]: { ...this.lists[panel], ...change } }
  }

  ask(title: string, words: readonly string[], answers: Question['answers']): void {
    this.overlay = { kind: 'question', title, words, answers }
  }

  prompt(options: Omit<Prompt, 'kind' | 'cursor' | 'historyAt'>): void {
    this.overlay = { kind: 'prompt', cursor: options.text.length, historyAt: options.history?.length ?? 0, ...options }
  }

  /** Asks once more what only the detail in front shows, unless it is being asked. */
  async examine(): Promise<void> {
    const { detail, node, model } = this
    const inode = node === undefined ? undefined : model.network.namespaces.get(node.netns)?.inode
    if (detail?.kind !== 'nodes' || node === undefined || node.bridge !== undefined || inode === undefined) return
    if (this.#examined === detail) return
    this.#examined = detail
    const asked = await this.actions
      .examine(node.name, inode, wishOf(model.desired?.namespaces.get(node.netns)))
      .finally(() => (this.#examined = undefined))
    for (const [rule, counter] of ruleCounters(asked))
      if (detail.asked !== undefined && ruleCounters(detail.asked).get(rule) !== counter) detail.grownAtMs.set(rule, Date.now())
    detail.asked = asked
    this.changed()
  }

  /** Starts a line in nodes, a pane each. */
  run(nodes: readonly string[], line: string): void {
    if (this.history.at(-1) !== line) this.history.push(line)
    for (const node of nodes)
      this.#show(node, line, (pane) =>
        this.actions.start(node, line, {
          onStdout: (text) => this.#output(pane, text, false),
          onStderr: (text) => this.#output(pane, text, true),
        }),
      )
  }

  /** Captures what passes an interface, until its pane is stopped. */
  capture(cable: Cable, path: string): void {
    this.#show(cable.a.place, `capture of ${cableText(cable)} to ${path}`, (pane) =>
      this.actions.capture(cable.a, path, (text) => this.#output(pane, text, true)),
    )
  }

  /** Shows what a service prints. */
  showLog(name: ServiceName): void {
    this.#show(name.netns, `log of ${name.service}`, (pane) => this.actions.serviceLog(name, (text) => this.#output(pane, text, false)))
  }

  /** A new pane in front, with what is started for it. */
  #show(node: string, line: string, start: (pane: CommandPane) => ReturnType<TuiActions['start']>): void {
    const pane = new CommandPane(node, line)
    pane.again = () => this.#show(node, line, start)
    this.panes.push(pane)
    this.paneIndex = this.panes.length - 1
    this.view = 'commands'
    this.detail = undefined
    void start(pane)
      .then((running) => {
        pane.running = running
        return running.done
      })
      .then(
        (status) => pane.end(status),
        (error: unknown) => {
          pane.take(`${messageOf(error)}\n`, true)
          pane.end(125)
        },
      )
      .then(() => this.changed())
  }

  #output(pane: CommandPane, text: string, isError: boolean): void {
    pane.take(text, isError)
    this.model.changedByItself()
  }

  /** Closes the pane in front; what runs in it is ended. */
  closePane(): void {
    this.pane?.running?.kill('SIGKILL')
    this.panes.splice(this.paneIndex, 1)
    this.paneIndex = Math.max(0, Math.min(this.paneIndex, this.panes.length - 1))
  }

  /** Ends all that runs. */
  close(): void {
    for (const { running } of this.panes) running?.kill('SIGKILL')
    this.tests.stop()
    clearTimeout(this.#messageTimer)
  }
}

function wishOf(desired: NamespaceState | undefined): NodeWish {
  return { tools: [...(desired?.rulesets.keys() ?? [])], sysctls: [...(desired?.sysctls.keys() ?? [])] }
}

/** The words of a refusal are in its diagnostics. */
export function messageOf(error: unknown): string {
  if (error instanceof DiagnosticError && error.diagnostics[0] !== undefined) {
    const { detail, facts = [], code } = error.diagnostics[0]
    const kernel = facts.find(([name]) => name === 'kernel')?.[1]
    return [...(kernel === undefined ? [] : [`${kernel}.`]), detail ?? code].join(' ')
  }
  return error instanceof Error ? error.message : String(error)
}
