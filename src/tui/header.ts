import { VIEWS, type Controller } from './controller.ts'
import { CABLE_COLORS } from './links.ts'
import { bitsText, countText } from './rate-text.ts'
import type { Line, Span } from './span.ts'
import { lineWidth } from './span.ts'

export const HEADER_HEIGHT = 2
/** Row of the names of the views. */
export const TAB_ROW = 1

/** The state of the lab in one line, and where one is. */
export function headerLines(controller: Controller, width: number): Line[] {
  return [stateLine(controller, width), viewTabs(controller).flat()]
}

function stateLine(controller: Controller, width: number): Line {
  const { model } = controller
  const left: Span[] = [{ text: ` netlab ${model.name} `, bold: true }, ...labState(controller)]
  // What does not fit goes from the end: the most urgent stands first.
  while (left.length > 2 && lineWidth(left) > width) left.pop()
  const time = new Date().toTimeString().slice(0, 5)
  const room = width - lineWidth(left) - time.length - 1
  return room < 2 ? left : [...left, { text: ' '.repeat(room) }, { text: time, dim: true }]
}

function labState(controller: Controller): Span[] {
  const { model } = controller
  if (model.state === 'starting') return [{ text: '◌ looking …', color: 'yellow' }]
  if (model.state === 'down') return [{ text: '▼ DOWN', color: 'red', bold: true }, { text: ' waiting until it is up again' }]
  const { nodes, cables } = controller.rows
  const down = cables.filter(({ state }) => state === 'down' || state === 'no carrier').length
  const worn = (['blocked', 'impaired', 'saturated'] as const).flatMap((state): Span[] => {
    const found = cables.filter((cable) => cable.state === state).length
    return found === 0 ? [] : [{ text: `  ${found} ${state}`, color: CABLE_COLORS[state] }]
  })
  const stopped = nodes.filter(({ isStopped }) => isStopped).length
  const bits = cables.reduce((sum, { forward, backward }) => sum + forward + backward, 0)
  const faults = cables.reduce((sum, cable) => sum + cable.faults, 0)
  const bridges = nodes.filter(({ role }) => role === 'bridge').length
  const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? '' : 's'}`
  const things = [count(nodes.length - bridges, 'node'), ...(bridges === 0 ? [] : [count(bridges, 'bridge')]), count(cables.length, 'link')]
  return [
    { text: '● UP', color: 'green', bold: true },
    { text: `  ${things.join(', ')}: ` },
    down === 0 ? { text: 'all links up', color: 'green' } : { text: `▼ ${down} down`, color: 'red', bold: true },
    ...(stopped === 0 ? [] : [{ text: `  ■ ${stopped} stopped`, color: 'yellow' as const }]),
    ...worn,
    { text: `  ${bitsText(bits)}` },
    faults < 0.5
      ? { text: '  no drops or errors', dim: true }
      : { text: `  ${countText(Math.round(faults))} drops or errors`, color: 'yellow' },
  ]
}

/** The names of the views, that in front inverse. */
export function viewTabs({ view, panes, model, tests }: Controller): Line[] {
  const [passed, failed] = [tests.count('passed'), tests.count('failed')]
  const running = panes.filter(({ isRunning }) => isRunning).length
  const notes: Record<(typeof VIEWS)[number], string> = {
    overview: '',
    map: '',
    events: model.events.length === 0 ? '' : ` ${model.events.length + model.forgotten}`,
    tests: failed > 0 ? ` ${failed} failed` : passed > 0 ? ` ${passed} passed` : '',
    commands: panes.length === 0 ? '' : running === 0 ? ` ${panes.length}` : ` ${panes.length}, ${running} running`,
  }
  return VIEWS.map((name, index): Line => {
    const text = ` ${index + 1} ${name[0]!.toUpperCase()}${name.slice(1)}${notes[name]} `
    return [{ text: ' ' }, { text, ...(name === view ? { inverse: true, bold: true } : { dim: true }) }]
  })
}
