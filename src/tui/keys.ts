// Every key, what it does and where: the footer and the help are made of this table, so that no key is a secret.
import type { Key } from 'ink'
import type { ServiceReport } from '../lab/services.ts'
import { endText } from './links.ts'
import { LINK_LIST } from './link-table.ts'
import { NODE_LIST } from './node-table.ts'
import { VIEWS, type Controller, type HelpOverlay, type Panel } from './controller.ts'

export interface Binding {
  /** Names as `keyName` gives them. The first is shown. */
  readonly keys: readonly string[]
  readonly words: string
  /** In the footer; only those that are needed at once have one. */
  readonly short?: string
  readonly section: 'Everywhere' | 'Lists' | 'Nodes' | 'Links' | 'Map' | 'Events' | 'Commands'
  /** Where it works; everywhere if absent. */
  readonly on?: (controller: Controller) => boolean
  readonly run: (controller: Controller) => void
}

/** `down`, `enter`, `ctrl-c`, or the character. */
export function keyName(input: string, key: Partial<Key>): string {
  for (const [name, flag] of SPECIAL_KEYS) if (key[flag] === true) return key.shift === true && name === 'tab' ? 'shift-tab' : name
  return key.ctrl === true ? `ctrl-${input}` : input
}

const SPECIAL_KEYS = [
  ['up', 'upArrow'],
  ['down', 'downArrow'],
  ['left', 'leftArrow'],
  ['right', 'rightArrow'],
  ['page up', 'pageUp'],
  ['page down', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['enter', 'return'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['backspace', 'delete'], // what most terminals send for the backspace key
] as const

const PAGE = 10

const isList = (c: Controller): boolean => c.view === 'overview' && c.detail === undefined
const isNodes = (c: Controller): boolean => (isList(c) && c.panel === 'nodes') || c.detail?.kind === 'nodes'
const isLinks = (c: Controller): boolean => (isList(c) && c.panel === 'links') || c.detail?.kind === 'links'
const hasNode = (c: Controller): boolean => isNodes(c) && c.node !== undefined && c.node.role !== 'bridge'
const isView = (view: Controller['view']) => (c: Controller) => c.view === view && c.detail === undefined
const hasPane = (c: Controller): boolean => isView('commands')(c) && c.pane !== undefined

/** Scrolls or selects, whatever is in front. */
function move(c: Controller, rows: number): void {
  if (c.detail !== undefined) c.detail.scroll = Math.max(0, c.detail.scroll + rows)
  else if (c.view === 'overview') c.move(rows)
  else if (c.view === 'map') c.mapOffset = { ...c.mapOffset, row: Math.max(0, c.mapOffset.row + rows) }
  else if (c.view === 'events') c.eventScroll = Math.max(0, Math.min(c.model.events.length - 1, c.eventScroll - rows))
  else if (c.pane !== undefined) c.pane.scroll = Math.max(0, Math.min(c.pane.lines.length - 1, c.pane.scroll - rows))
}

function moveSideways(c: Controller, columns: number): void {
  if (c.view === 'map') c.mapOffset = { ...c.mapOffset, column: Math.max(0, c.mapOffset.column + columns) }
  else if (c.view === 'commands') c.paneIndex = Math.max(0, Math.min(c.panes.length - 1, c.paneIndex + Math.sign(columns)))
  else if (c.view === 'overview' && c.detail === undefined) c.panel = columns < 0 ? 'nodes' : 'links'
}

function cycle(c: Controller, what: 'order' | 'grouping'): void {
  const kind = c.panel === 'nodes' ? NODE_LIST : LINK_LIST
  const choices = what === 'order' ? kind.orders : kind.groupings
  const next = (c.lists[c.panel][what] + 1) % choices.length
  c.setList(c.panel, { [what]: next })
  c.say(`${c.panel}: ${choices[next]!.words}`)
}

function filterPrompt(c: Controller): void {
  if (c.view === 'events') {
    const before = c.eventFilter
    const set = (text: string): void => void (c.eventFilter = text)
    c.prompt({ label: 'filter events: ', text: before, onChange: set, onEnter: set, onEscape: () => set('') })
    return
  }
  const panel: Panel = c.panel
  const set = (text: string): void => c.setList(panel, { filter: text })
  c.prompt({ label: `filter ${panel}: `, text: c.lists[panel].filter, onChange: set, onEnter: set, onEscape: () => set('') })
}

function commandPrompt(c: Controller): void {
  const nodes = c.marked.size > 0 ? [...c.marked] : c.node === undefined || c.node.role === 'bridge' ? [] : [c.node.name]
  if (nodes.length === 0) return c.say('Select a node first, or mark several with Space.', 'yellow')
  const where = nodes.length > 3 ? `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more` : nodes.join(', ')
  c.prompt({ label: `${where} $ `, text: '', history: c.history, onEnter: (line) => line.trim() !== '' && c.run(nodes, line) })
}

/** Asks which end, and whether: what is cut off may be what somebody works over. */
function linkQuestion(c: Controller): void {
  const { cable } = c
  if (cable === undefined) return
  const answers = [cable.a, ...(cable.b === undefined ? [] : [cable.b])].map((end, index) => {
    const words = `set ${end.place === end.netns ? endText(end) : `the port of ${end.place}`} ${end.link.up ? 'down' : 'up'}`
    const act = (): void =>
      c.attempt(async () => {
        await c.actions.setLink(end, !end.link.up)
        return `${words}: done`
      })
    return { key: String(index + 1), words, act }
  })
  c.ask('Which end of the cable?', [`${endText(cable.a)} — ${cable.b === undefined ? '?' : endText(cable.b)}`], answers)
}

function downQuestion(c: Controller): void {
  const { name, record } = c.model
  c.ask(
    `Take the lab ${name} down?`,
    [`Its ${record?.nodes.length ?? 0} nodes and all that runs in them end.`],
    [
      {
        key: 'y',
        words: 'yes, take it down',
        act: () =>
          c.attempt(async () => {
            await c.actions.down()
            return `${name} is down. This screen stays; "netlab up" brings the lab back to it.`
          }),
      },
    ],
  )
}

function capturePrompt(c: Controller): void {
  const { cable } = c
  if (cable === undefined) return
  const onEnter = (path: string): void => c.capture(cable, path)
  c.prompt({ label: `capture ${endText(cable.a)} to file: `, text: `${c.model.name}-${cable.a.place}-${cable.a.ifname}.pcap`, onEnter })
}

const servicesOf = (c: Controller): readonly ServiceReport[] => (c.detail?.kind === 'nodes' ? (c.detail.asked?.services ?? []) : [])

/** Asks which service, where there are several to choose from and before one is touched. */
function serviceQuestion(c: Controller, title: string, act: (service: ServiceReport) => void): void {
  const answers = servicesOf(c).map((service, index) => ({ key: String(index + 1), words: service.service, act: () => act(service) }))
  c.ask(title, [`Services of ${c.node?.name ?? ''}`], answers.slice(0, 9))
}

function restartService(c: Controller): void {
  serviceQuestion(c, 'Restart which service?', (name) =>
    c.attempt(async () => {
      await c.actions.restartService(name)
      return `${name.service} of ${name.netns} was restarted`
    }),
  )
}

function saveEvents(c: Controller): void {
  c.attempt(async () => `${c.model.events.length} events are in ${await c.actions.saveEvents(c.model.events)}`)
}

function back(c: Controller): void {
  if (c.detail !== undefined) c.detail = undefined
  else if (c.view === 'events' && c.eventFilter !== '') c.eventFilter = ''
  else if (c.view === 'overview' && c.lists[c.panel].filter !== '') c.setList(c.panel, { filter: '' })
  else if (c.isZoomed) c.isZoomed = false
  else c.view = 'overview'
}

function openDetail(c: Controller): void {
  const key = c.panel === 'nodes' ? c.node && NODE_LIST.key(c.node) : c.cable?.key
  if (key !== undefined) {
    c.detail = { kind: c.panel, key, scroll: 0, grownAtMs: new Map() }
    c.attempt(async () => void (await c.examine()))
  }
}

function go(view: Controller['view']) {
  return (c: Controller): void => {
    c.view = view
    c.detail = undefined
  }
}

function nextView(c: Controller): void {
  go(VIEWS[(VIEWS.indexOf(c.view) + 1) % VIEWS.length]!)(c)
}

function togglePanel(c: Controller): void {
  if (isView('commands')(c)) c.paneIndex = c.panes.length === 0 ? 0 : (c.paneIndex + 1) % c.panes.length
  else if (isList(c)) c.panel = c.panel === 'nodes' ? 'links' : 'nodes'
  else nextView(c)
}

function mark(c: Controller): void {
  const { node } = c
  if (node === undefined) return
  if (!c.marked.delete(node.name)) c.marked.add(node.name)
  c.move(1)
}

/** Ctrl-C stops the command in front, and leaves where nothing runs there. */
function interrupt(c: Controller): void {
  if (hasPane(c) && c.pane?.isRunning === true) c.pane.running?.kill('SIGINT')
  else c.quit()
}

export const BINDINGS: readonly Binding[] = [
  { keys: ['down', 'j'], section: 'Lists', words: 'next row, or scroll down', run: (c) => move(c, 1) },
  { keys: ['up', 'k'], section: 'Lists', words: 'previous row, or scroll up', run: (c) => move(c, -1) },
  { keys: ['page down', 'ctrl-d', 'ctrl-f'], section: 'Lists', words: 'ten rows down', run: (c) => move(c, PAGE) },
  { keys: ['page up', 'ctrl-u', 'ctrl-b'], section: 'Lists', words: 'ten rows up', run: (c) => move(c, -PAGE) },
  { keys: ['home', 'g'], section: 'Lists', words: 'to the start', run: (c) => move(c, -1e6) },
  { keys: ['end', 'G'], section: 'Lists', words: 'to the end', run: (c) => move(c, 1e6) },
  { keys: ['left', 'h'], section: 'Lists', words: 'to the left: nodes, the map, the pane before', run: (c) => moveSideways(c, -4) },
  { keys: ['right', 'l'], section: 'Lists', words: 'to the right: links, the map, the pane after', run: (c) => moveSideways(c, 4) },
  { keys: ['enter'], section: 'Lists', words: 'details of the row', short: 'details', on: isList, run: openDetail },
  { keys: ['tab'], section: 'Lists', words: 'nodes or links; the next pane', short: 'nodes/links', on: isList, run: togglePanel },
  {
    keys: ['/'],
    section: 'Lists',
    words: 'show only what has these words',
    short: 'filter',
    on: (c) => isList(c) || isView('events')(c),
    run: filterPrompt,
  },
  { keys: ['o'], section: 'Lists', words: 'another order', on: isList, run: (c) => cycle(c, 'order') },
  { keys: ['t'], section: 'Lists', words: 'grouped together by another property', on: isList, run: (c) => cycle(c, 'grouping') },
  { keys: ['z'], section: 'Lists', words: 'this list alone, or all again', on: isList, run: (c) => void (c.isZoomed = !c.isZoomed) },
  {
    keys: ['escape'],
    section: 'Everywhere',
    words: 'back: out of details, filters, views',
    short: 'back',
    on: (c) => !isList(c) || c.isZoomed || c.lists[c.panel].filter !== '',
    run: back,
  },
  {
    keys: ['s'],
    section: 'Nodes',
    words: 'a shell in the node; leave it with exit',
    short: 'shell',
    on: hasNode,
    run: (c) => c.node && c.attempt(async () => void (await c.actions.shell(c.node!.name))),
  },
  {
    keys: ['!', ':'],
    section: 'Nodes',
    words: 'run a command in the node, or in all that are marked',
    short: 'command',
    on: (c) => isNodes(c) || isView('commands')(c),
    run: commandPrompt,
  },
  {
    keys: ['v'],
    section: 'Nodes',
    words: 'in the details: the log of a service',
    short: 'log',
    on: (c) => servicesOf(c).length > 0,
    run: (c) => serviceQuestion(c, 'The log of which service?', (name) => c.showLog(name)),
  },
  { keys: ['R'], section: 'Nodes', words: 'in the details: restart a service', on: (c) => servicesOf(c).length > 0, run: restartService },
  { keys: [' '], section: 'Nodes', words: 'mark the node for a command in several', on: (c) => hasNode(c) && isList(c), run: mark },
  { keys: ['u'], section: 'Links', words: 'set an end of the cable down or up', short: 'down/up', on: isLinks, run: linkQuestion },
  { keys: ['c'], section: 'Links', words: 'capture what passes into a file (tcpdump)', short: 'capture', on: isLinks, run: capturePrompt },
  {
    keys: ['0'],
    section: 'Map',
    words: 'back to the upper left corner',
    on: isView('map'),
    run: (c) => void (c.mapOffset = { column: 0, row: 0 }),
  },
  { keys: ['w'], section: 'Events', words: 'write the log to a file', short: 'write to file', on: isView('events'), run: saveEvents },
  {
    keys: ['tab'],
    section: 'Commands',
    words: 'the next pane',
    short: 'next pane',
    on: (c) => hasPane(c) && c.panes.length > 1,
    run: togglePanel,
  },
  {
    keys: ['ctrl-c'],
    section: 'Commands',
    words: 'stop what runs in the pane (SIGINT)',
    short: 'stop',
    on: (c) => hasPane(c) && c.pane?.isRunning === true,
    run: interrupt,
  },
  {
    keys: ['r'],
    section: 'Commands',
    words: 'run the line of the pane again',
    short: 'again',
    on: hasPane,
    run: (c) => c.pane?.again(),
  },
  {
    keys: ['x'],
    section: 'Commands',
    words: 'close the pane; what runs in it is ended',
    short: 'close',
    on: hasPane,
    run: (c) => c.closePane(),
  },
  { keys: ['1'], section: 'Everywhere', words: 'overview of nodes and links', run: go('overview') },
  { keys: ['2', 'm'], section: 'Everywhere', words: 'map', run: go('map') },
  { keys: ['3', 'e'], section: 'Everywhere', words: 'events', run: go('events') },
  { keys: ['4'], section: 'Everywhere', words: 'commands', run: go('commands') },
  { keys: ['shift-tab'], section: 'Everywhere', words: 'the next view', run: nextView },
  { keys: ['D'], section: 'Everywhere', words: 'take the lab down', on: (c) => c.model.state === 'up', run: downQuestion },
  { keys: ['?'], section: 'Everywhere', words: 'this help', short: 'help', run: (c) => void (c.overlay = { kind: 'help', scroll: 0 }) },
  { keys: ['q', 'ctrl-c'], section: 'Everywhere', words: 'leave; the lab goes on', short: 'quit', run: (c) => c.quit() },
]

/** Those that do something now. */
export function activeBindings(c: Controller): Binding[] {
  return BINDINGS.filter(({ on }) => on === undefined || on(c))
}

/** Does what a key does. */
export function press(c: Controller, input: string, key: Partial<Key>): void {
  const name = keyName(input, key)
  if (c.overlay === undefined)
    activeBindings(c)
      .find(({ keys }) => keys.includes(name))
      ?.run(c)
  else if (c.overlay.kind === 'help') scrollHelp(c, c.overlay, name)
  else if (c.overlay.kind === 'question') answer(c, name)
  else edit(c, c.overlay, name, input)
  c.changed()
}

const HELP_STEPS: Readonly<Record<string, number>> = { down: 1, j: 1, up: -1, k: -1, 'page down': PAGE, ' ': PAGE, 'page up': -PAGE }

function scrollHelp(c: Controller, help: HelpOverlay, name: string): void {
  const step = HELP_STEPS[name]
  if (step === undefined) c.overlay = undefined
  else help.scroll = Math.max(0, help.scroll + step)
}

function answer(c: Controller, name: string): void {
  if (c.overlay?.kind !== 'question') return
  const chosen = c.overlay.answers.find(({ key }) => key === name)
  c.overlay = undefined // any other key means no
  chosen?.act()
}

type PromptState = Extract<NonNullable<Controller['overlay']>, { kind: 'prompt' }>

function edit(c: Controller, prompt: PromptState, name: string, input: string): void {
  if (name === 'enter' || name === 'escape' || name === 'ctrl-c') {
    c.overlay = undefined
    if (name === 'enter') prompt.onEnter(prompt.text)
    else prompt.onEscape?.()
    return
  }
  const { text, cursor } = prompt
  const set = (newText: string, newCursor: number): void => {
    prompt.text = newText
    prompt.cursor = Math.max(0, Math.min(newText.length, newCursor))
  }
  const step = EDITS.get(name)
  if (step !== undefined) set(...step(text, cursor))
  else if (name === 'up' || name === 'down') {
    const { history = [], historyAt } = prompt
    prompt.historyAt = Math.max(0, Math.min(history.length, historyAt + (name === 'up' ? -1 : 1)))
    set(history[prompt.historyAt] ?? '', Infinity)
  } else if (name === input) {
    const typed = input.replaceAll(/\p{Cc}/gu, '')
    set(text.slice(0, cursor) + typed + text.slice(cursor), cursor + typed.length)
  }
  if (prompt.text !== text) prompt.onChange?.(prompt.text)
}

/** As readline(3) has them. */
const EDITS: ReadonlyMap<string, (text: string, cursor: number) => [text: string, cursor: number]> = new Map([
  ['left', (text, cursor) => [text, cursor - 1]],
  ['right', (text, cursor) => [text, cursor + 1]],
  ['home', (text) => [text, 0]],
  ['ctrl-a', (text) => [text, 0]],
  ['end', (text) => [text, text.length]],
  ['ctrl-e', (text) => [text, text.length]],
  ['ctrl-u', (text, cursor) => [text.slice(cursor), 0]],
  ['ctrl-k', (text, cursor) => [text.slice(0, cursor), cursor]],
  ['backspace', (text, cursor) => [text.slice(0, Math.max(0, cursor - 1)) + text.slice(cursor), cursor - 1]],
  [
    'ctrl-w',
    (text, cursor) => {
      const kept = text.slice(0, cursor).replace(/\S+\s*$/, '')
      return [kept + text.slice(cursor), kept.length]
    },
  ],
])
