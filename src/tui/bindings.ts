// Every key, what it does and where: the footer and the help are made of this table, so that no key is a secret.
import type { Controller } from './controller.ts'
import { openImpairForm } from './impair-form.ts'
import { cycle, back, go, mark, move, moveSideways, nextView, openDetail, togglePanel, PAGE } from './moves.ts'
import * as ask from './questions.ts'
import { hasNode, hasPane, isLinks, isList, isNodes, isView } from './where.ts'

export interface Binding {
  /** Names as `keyName` gives them. The first is shown. */
  readonly keys: readonly string[]
  readonly words: string
  /** In the footer; only those that are needed at once have one. */
  readonly short?: string | ((controller: Controller) => string)
  readonly section: 'Everywhere' | 'Lists' | 'Nodes' | 'Links' | 'Map' | 'Events' | 'Commands' | 'Tests'
  /** Where it works; everywhere if absent. */
  readonly on?: (controller: Controller) => boolean
  readonly run: (controller: Controller) => void
}

const isTesting = (c: Controller): boolean => isView('tests')(c) && c.tests.state === 'running'

function runTests(c: Controller, onlySelected = false): void {
  if (c.tests.state === 'running') return c.say('Tests run already; x stops them.', 'yellow')
  const name = onlySelected ? c.tests.selected?.name : undefined
  c.attempt(async () => {
    await c.tests.run(name, () => c.changed())
    return undefined
  })
}

/** Ctrl-C stops the command in front, and leaves where nothing runs there. */
function interrupt(c: Controller): void {
  if (hasPane(c) && c.pane?.isRunning === true) c.pane.running?.kill('SIGINT')
  else ask.leave(c)
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
  {
    keys: ['tab'],
    section: 'Lists',
    words: 'nodes or links; the next pane',
    short: (c) => (c.panel === 'nodes' ? 'links' : 'nodes'),
    on: isList,
    run: togglePanel,
  },
  {
    keys: ['/'],
    section: 'Lists',
    words: 'show only what has these words',
    short: 'filter',
    on: (c) => isList(c) || isView('events')(c),
    run: ask.filterPrompt,
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
    short: 'run',
    on: (c) => isNodes(c) || isView('commands')(c),
    run: ask.commandPrompt,
  },
  {
    keys: ['v'],
    section: 'Nodes',
    words: 'in the details: the log of a service',
    short: 'log',
    on: (c) => ask.servicesOf(c).length > 0,
    run: (c) => ask.serviceQuestion(c, 'The log of which service?', (name) => c.showLog(name)),
  },
  {
    keys: ['R'],
    section: 'Nodes',
    words: 'in the details: restart a service',
    short: 'restart',
    on: (c) => ask.servicesOf(c).length > 0,
    run: ask.restartService,
  },
  { keys: [' '], section: 'Nodes', words: 'mark the node for a command in several', on: (c) => hasNode(c) && isList(c), run: mark },
  {
    keys: ['p'],
    section: 'Nodes',
    words: 'stop the node (power off), or start it again',
    short: (c) => (c.node?.isStopped === true ? 'start' : 'stop'),
    on: hasNode,
    run: ask.powerQuestion,
  },
  { keys: ['u'], section: 'Links', words: 'set an end of the cable down or up', short: 'down/up', on: isLinks, run: ask.linkQuestion },
  { keys: ['i'], section: 'Links', words: 'impair the link: rate, delay, loss …', short: 'impair', on: isLinks, run: openImpairForm },
  {
    keys: ['c'],
    section: 'Links',
    words: 'capture what passes into a file (tcpdump)',
    short: 'capture',
    on: isLinks,
    run: ask.capturePrompt,
  },
  { keys: ['r'], section: 'Links', words: 'bring the link back to what the file says', short: 'reset', on: isLinks, run: ask.resetLink },
  {
    keys: ['0'],
    section: 'Map',
    words: 'back to its top',
    on: isView('map'),
    run: (c) => void (c.mapOffset = undefined),
  },
  { keys: ['w'], section: 'Events', words: 'write the log to a file', short: 'write to file', on: isView('events'), run: ask.saveEvents },
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
  {
    keys: ['r'],
    section: 'Tests',
    words: 'run all tests of the file in this lab',
    short: 'run all',
    on: isView('tests'),
    run: (c) => runTests(c),
  },
  {
    keys: ['enter'],
    section: 'Tests',
    words: 'run the test that is selected',
    short: 'run this',
    on: isView('tests'),
    run: (c) => runTests(c, true),
  },
  {
    keys: ['x'],
    section: 'Tests',
    words: 'stop after the test that runs',
    short: 'stop',
    on: (c) => isTesting(c),
    run: (c) => c.tests.stop(),
  },
  { keys: ['J'], section: 'Tests', words: 'scroll what came of it down', on: isView('tests'), run: (c) => void c.tests.scroll++ },
  {
    keys: ['K'],
    section: 'Tests',
    words: 'scroll it up',
    on: isView('tests'),
    run: (c) => void (c.tests.scroll = Math.max(0, c.tests.scroll - 1)),
  },
  { keys: ['1'], section: 'Everywhere', words: 'overview of nodes and links', run: go('overview') },
  { keys: ['2', 'm'], section: 'Everywhere', words: 'map', run: go('map') },
  { keys: ['3', 'e'], section: 'Everywhere', words: 'events', run: go('events') },
  { keys: ['4'], section: 'Everywhere', words: 'commands', run: go('commands') },
  { keys: ['5'], section: 'Everywhere', words: 'tests', run: go('tests') },
  { keys: ['shift-tab'], section: 'Everywhere', words: 'the next view', run: nextView },
  { keys: ['D'], section: 'Everywhere', words: 'take the lab down', on: (c) => c.model.state === 'up', run: ask.downQuestion },
  { keys: ['?'], section: 'Everywhere', words: 'this help', short: 'help', run: (c) => void (c.overlay = { kind: 'help', scroll: 0 }) },
  { keys: ['q', 'ctrl-c'], section: 'Everywhere', words: 'leave; the lab goes on', short: 'quit', run: ask.leave },
]
