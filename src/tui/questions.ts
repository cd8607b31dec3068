// What is asked before something is done: lines to type, and questions where it hurts.
import type { ServiceReport } from '../lab/services.ts'
import type { Controller, Panel } from './controller.ts'
import { cableText, endText } from './links.ts'

export function filterPrompt(c: Controller): void {
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

export function commandPrompt(c: Controller): void {
  const nodes = c.marked.size > 0 ? [...c.marked] : c.node === undefined || c.node.role === 'bridge' ? [] : [c.node.name]
  if (nodes.length === 0) return c.say('Select a node first, or mark several with Space.', 'yellow')
  const where = nodes.length > 3 ? `${nodes.slice(0, 3).join(', ')} and ${nodes.length - 3} more` : nodes.join(', ')
  c.prompt({ label: `${where} $ `, text: '', history: c.history, onEnter: (line) => line.trim() !== '' && c.run(nodes, line) })
}

/** Asks which end, and whether: what is cut off may be what somebody works over. */
export function linkQuestion(c: Controller): void {
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
  c.ask('Which end of the cable?', [cableText(cable)], answers)
}

/** Leaves; but asks where commands run, which end then. */
export function leave(c: Controller): void {
  const running = c.panes.filter(({ isRunning }) => isRunning)
  if (running.length === 0) return c.quit()
  const words = running.slice(0, 5).map(({ node, line }) => `${node} $ ${line}`)
  const more = running.length > words.length ? [`and ${running.length - words.length} more`] : []
  c.ask('Leave, and end what runs?', [...words, ...more], [{ key: 'y', words: 'yes, leave', act: c.quit }])
}

export function downQuestion(c: Controller): void {
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

export function capturePrompt(c: Controller): void {
  const { cable } = c
  if (cable === undefined) return
  const onEnter = (path: string): void => c.capture(cable, path)
  c.prompt({ label: `capture ${cableText(cable)} to file: `, text: `${c.model.name}-${cable.a.place}-${cable.a.ifname}.pcap`, onEnter })
}

export const servicesOf = (c: Controller): readonly ServiceReport[] => (c.detail?.kind === 'nodes' ? (c.detail.asked?.services ?? []) : [])

/** Asks which service, where there are several to choose from and before one is touched. */
export function serviceQuestion(c: Controller, title: string, act: (service: ServiceReport) => void): void {
  const answers = servicesOf(c).map((service, index) => ({ key: String(index + 1), words: service.service, act: () => act(service) }))
  c.ask(title, [`Services of ${c.node?.name ?? ''}`], answers.slice(0, 9))
}

export function restartService(c: Controller): void {
  serviceQuestion(c, 'Restart which service?', (name) =>
    c.attempt(async () => {
      await c.actions.restartService(name)
      return `${name.service} of ${name.netns} was restarted`
    }),
  )
}

export function saveEvents(c: Controller): void {
  c.attempt(async () => `${c.model.events.length} events are in ${await c.actions.saveEvents(c.model.events)}`)
}

export function resetLink(c: Controller): void {
  const { cable } = c
  if (cable === undefined) return
  c.attempt(async () => {
    await c.actions.resetLink(cable.a)
    return `${endText(cable.a)} is as the file says, both ways`
  })
}

/** What runs in a node stands still while it is stopped, and its neighbours see their cables cut. */
export function powerQuestion(c: Controller): void {
  const { node } = c
  if (node === undefined) return
  const { name, isStopped } = node
  const act = (): void =>
    c.attempt(async () => {
      await c.actions.setPower(name, isStopped)
      return isStopped ? `${name} is started` : `${name} is stopped: p starts it again`
    })
  if (isStopped)
    c.ask(`Start ${name} again?`, ['Its cables are mended and its processes go on.'], [{ key: 'y', words: 'yes, start it', act }])
  else
    c.ask(
      `Stop ${name}?`,
      ['Its processes stand still and its cables are cut, until it is started again.'],
      [{ key: 'y', words: 'yes, stop it', act }],
    )
}
