/** Links of a running lab: rates, cables pulled, drift, and what a kernel without netem says. This kernel has tbf, if nothing else. */
import { execFileSync } from 'node:child_process'
import { describe, expect, test as onShared } from 'vitest'
import { DiagnosticError, LabLink, downLink, listLinks, moveLink, resetLink, setLink, upLink } from '../../src/index.ts'
import { sharedLab, test, type LiveLab } from '../support/live-lab.ts'
import { missingRequirement, needs } from '../support/needs.ts'

const FILE = `
nodes: { r1: { forwarding: true, routes: [10.9.0.0/16 via 10.0.2.2] }, r2: {}, h1: {} }
bridges: { lan: { subnet: 10.0.1.0/24, segment: { rate: 50mbit } } }
links:
  - { endpoints: [h1, lan], rate: 10mbit, backward: { rate: 20mbit } }
  - [r1, lan]
  - { endpoints: [r1, r2], subnet: [10.0.2.0/24, "fd00::/64"], rate: 5mbit, queue: pfifo limit 40 }
`

const refusalOf = async (work: Promise<unknown>): Promise<DiagnosticError> => {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  )
  expect(error).toBeInstanceOf(DiagnosticError)
  return error as DiagnosticError
}

/** IFF_UP, and whether the cable is in. */
async function state(lab: LiveLab, node: string, ifname: string): Promise<string> {
  const [link] = await lab.ip(node, `link show dev ${ifname}`)
  const flags = link?.['flags'] as string[]
  if (!flags.includes('UP')) return 'down'
  return flags.includes('NO-CARRIER') ? 'up,no-carrier' : 'up'
}

describe('links', () => {
  const lab = sharedLab(FILE, 'sched:tbf')

  onShared('each end must have the rate of its direction', async () => {
    const links = new Map((await listLinks(lab.name)).map(({ end, impairment }) => [end, impairment]))
    expect(Object.fromEntries(links)).toEqual({
      'h1:eth0': { rate: '10mbit' },
      'lan:h1.eth0': { rate: '20mbit' },
      'r1:eth0': {},
      'lan:r1.eth0': { rate: '50mbit' },
      'r1:eth1': { rate: '5mbit', limit: '40' },
      'r2:eth0': { rate: '5mbit', limit: '40' },
    })
    expect(await lab.sh('h1', 'tc qdisc show dev eth0')).toMatch(/^qdisc tbf 1: root refcnt \d+ rate 10Mbit burst 6250b lat 50ms/)
  })

  onShared('what is named must change and the rest stay', async () => {
    const { links, operations } = await setLink(lab.name, 'r1:eth1', { rate: '7mbit' })
    expect(links.map(({ impairment }) => impairment)).toEqual([{ rate: '7mbit', limit: '40' }])
    expect(operations.map(({ type }) => type)).toEqual(['change qdisc', 'change qdisc'])
    expect((await lab.drift()).map(({ type, cause }) => `${type}: ${cause}`)).toEqual([
      'change qdisc: rate is 7mbit, the file says 5mbit; burst, limit too',
      'change qdisc: the tbf above gives it its own limit',
    ])
    await resetLink(lab.name, 'r1:eth1')
    expect(await lab.drift()).toEqual([])
  })

  onShared('up must take back what was set and what tc did', async () => {
    await new LabLink(lab.name, 'lan').set({ rate: 'none' })
    await lab.sh('r1', 'tc qdisc add dev eth0 root tbf rate 1mbit burst 3200 limit 10000')
    expect((await lab.up(FILE)).plan.operations).toHaveLength(3)
    expect(await lab.drift()).toEqual([])
  })

  onShared('a cable that is pulled must take the carrier of both and come back whole', async () => {
    const states = async (): Promise<string> => `${await state(lab, 'r1', 'eth1')} ${await state(lab, 'r2', 'eth0')}`
    await downLink(lab.name, 'r1:eth1')
    expect(await states()).toBe('down up,no-carrier')
    await upLink(lab.name, 'r1:eth1')
    expect(await states()).toBe('up up')
    expect(await lab.drift()).toEqual([])
    await lab.sh('r1', 'ping -c 1 -W 5 10.0.2.2 && ping -6 -c 1 -W 5 fd00::2')
  })

  onShared('a node on a switch must keep its routes when its cable is pulled', async () => {
    const routes = await lab.sh('h1', 'ip -o route show proto kernel')
    await downLink(lab.name, 'h1:eth0')
    expect(await state(lab, 'h1', 'eth0')).toBe('up,no-carrier')
    expect((await lab.sh('h1', 'ip -o route show proto kernel')).replace(' linkdown', '')).toBe(routes)
    await upLink(lab.name, 'h1:eth0')
    expect(await lab.drift()).toEqual([])
  })

  onShared('a wrong name or value must be told before anything is done', async () => {
    const codes = async (work: Promise<unknown>): Promise<string[]> => (await refusalOf(work)).diagnostics.map(({ code }) => code)
    expect(await codes(setLink(lab.name, 'r9:eth0', { rate: '1mbit' }))).toEqual(['NODE_UNKNOWN'])
    expect(await codes(setLink(lab.name, 'r1:eth7', { rate: '1mbit' }))).toEqual(['UNKNOWN_INTERFACE'])
    expect(await codes(setLink(lab.name, 'r1:eth0', { rate: '1mbat', loss: '101%' }))).toEqual(['INVALID_VALUE', 'INVALID_VALUE'])
    expect(await codes(setLink(lab.name, 'r1:eth0', { latency: '1s' }))).toEqual(['INVALID_VALUE'])
    expect(await lab.drift()).toEqual([])
  })

  onShared('a refusal must leave the link as it was', async ({ skip }) => {
    if (missingRequirement('sched:netem') === undefined) skip('this kernel has netem')
    const { diagnostics } = await refusalOf(setLink(lab.name, 'r1:eth1', { delay: '10ms' }))
    expect(diagnostics.map(({ code }) => code)).toEqual(['KERNEL_REFUSED'])
    expect(await lab.drift()).toEqual([])
  })
})

test('what the kernel lacks must be told with its line before anything is made', async ({ lab, skip }) => {
  if (missingRequirement('sched:netem') === undefined) skip('this kernel has netem')
  const { diagnostics } = await lab.refusal(FILE.replace('rate: 5mbit', 'delay: 5ms, rate: 5mbit'))
  expect(diagnostics).toHaveLength(1)
  expect(diagnostics[0]).toMatchObject({ code: 'FEATURE_MISSING', origin: { line: 7 } })
  expect(diagnostics[0]?.hint).toContain('sch_netem')
  await lab.up(FILE)
  await lab.refusal(FILE.replace('rate: 5mbit', 'loss: 5%, rate: 5mbit'))
  expect(await lab.drift()).toEqual([])
})

const WITH_MACVLAN = `
nodes: { r1: { interfaces: { mv0: { kind: macvlan, parent: eth1, address: 10.0.2.1/24 } } }, r2: {}, r3: {} }
links: [["r1:eth1", "r2:eth1"]]
`

test('an interface that carries others must stay where they are', async ({ lab, skip }) => {
  needs({ skip }, 'link:macvlan')
  await lab.up(WITH_MACVLAN)
  const { diagnostics } = await refusalOf(moveLink(lab.name, 'r1:eth1', 'r3'))
  expect(diagnostics).toMatchObject([{ code: 'INTERFACE_CARRIES', detail: 'r1:eth1 cannot be moved: mv0 stands on it and stays in r1.' }])
  expect(await lab.drift()).toEqual([])
})

test('what hangs on an interface that somebody has moved to another node must come back with it', async ({ lab, skip }) => {
  // `ip -n` knows the nodes of root's labs.
  needs({ skip }, 'root', 'link:macvlan')
  await lab.up(WITH_MACVLAN)
  execFileSync('ip', ['-n', `${lab.name}.r1`, 'link', 'set', 'eth1', 'netns', `${lab.name}.r3`])
  expect((await lab.drift()).map(({ cause }) => cause)).toContain('it is a macvlan on a link of another namespace, the file says macvlan')
  await lab.up(WITH_MACVLAN)
  expect(await lab.drift()).toEqual([])
})

test('a moved interface must take its cable along, disturb nobody, and be brought back by `up`', async ({ lab, skip }) => {
  needs({ skip }, 'sched:tbf')
  const file = `
nodes: { r1: { routes: [10.9.0.0/16 via 10.0.1.2] }, r2: {}, h[1-2]: {} }
bridges: { lan: { subnet: 10.0.1.0/24 } }
links: [["h[1-2]", lan], { endpoints: [r1:eth1, lan], rate: 10mbit }, [r2, lan]]
`
  await lab.up(file)
  const pings = lab.sh('h1', 'ping -q -i 0.01 -c 100 10.0.1.2')
  expect(await moveLink(lab.name, 'r1:eth1', 'r2')).toEqual({ from: 'r1:eth1', to: 'r2:eth1', routesLost: 1 })
  expect(await pings).toContain(' 0% packet loss')
  await lab.sh('r2', 'ping -c 1 -W 5 -I eth1 10.0.1.1')
  expect(await lab.sh('r2', 'tc qdisc show dev eth1')).toContain('rate 10Mbit')
  expect(await lab.ip('r1', 'link show type veth')).toEqual([])

  expect((await refusalOf(moveLink(lab.name, 'r2:eth1', 'r2:eth0'))).diagnostics).toMatchObject([{ code: 'INTERFACE_TAKEN' }])
  expect((await refusalOf(moveLink(lab.name, 'r1:eth1', 'r2'))).diagnostics).toMatchObject([{ code: 'UNKNOWN_INTERFACE' }])
  expect((await lab.drift()).map(({ cause }) => cause)).toContain('its peer is r2/eth1, the file says r1/eth1')
  await lab.up(file)
  expect(await lab.drift()).toEqual([])
  await lab.sh('r1', 'ping -c 1 -W 5 10.0.1.1')
})
