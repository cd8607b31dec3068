/** What a watcher hears of a running lab, from whoever changes it. */
import { describe, expect, vi } from 'vitest'
import { resetLink, setLink, watchEvents, type LabEvent } from '../../src/index.ts'
import { setPower } from '../../src/check/node-power.ts'
import { inspectRepeatedly } from '../../src/lab/inspect.ts'
import { LiveNetwork } from '../../src/lab/live-network.ts'
import { stoppedNodes } from '../../src/lab/stopped.ts'
import { watchLab } from '../../src/lab/watch.ts'
import { FABRIC } from '../../src/state/network.ts'
import { childrenNamed, isRunning } from '../support/processes.ts'
import { test, type LiveLab } from '../support/live-lab.ts'

const LAB = `
nodes: { h1: {}, h2: {}, h3: {} }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[h1, lan], [h2, lan], { endpoints: [h2, h3], subnet: 10.0.1.0/24 }]
`

/** Watches until `work` is done; `heard` waits for an event with these words. */
async function watching(lab: LiveLab, follow: boolean, work: (heard: Heard) => Promise<void>): Promise<LabEvent[]> {
  const events: LabEvent[] = []
  const abort = new AbortController()
  const watch = watchEvents(lab.name, (event) => events.push(event), { signal: abort.signal, follow })
  const heard: Heard = (words) =>
    vi.waitFor(
      () => {
        const event = events.find((candidate) => `${candidate.node ?? ''} ${candidate.words}`.trim().includes(words))
        expect(event, events.map((each) => each.words).join('\n')).toBeDefined()
        return event!
      },
      { timeout: 10_000, interval: 5 },
    )
  try {
    await heard('is up')
    await work(heard)
  } finally {
    abort.abort()
    await watch
  }
  return events
}

type Heard = (words: string) => Promise<LabEvent>

describe('a watcher', () => {
  test('must hear what somebody types in a node, at both ends of the cable', async ({ lab }) => {
    await lab.up(LAB)
    await watching(lab, false, async (heard) => {
      await lab.sh('h3', 'ip addr add 10.9.9.9/32 dev eth0')
      await heard('h3 address 10.9.9.9/32 on eth0 added')
      await lab.sh('h3', 'ip link set eth0 down')
      await heard('h3 eth0 set down')
      await heard('h2 eth1 lost carrier')
      await heard('h3 route 10.0.1.0/24 dev eth0 src 10.0.1.2 proto kernel removed')
      await lab.sh('h3', 'ip link set eth0 up')
      await heard('h2 eth1 has carrier')
      await lab.sh('h1', 'ip link set eth0 down')
      await heard('lan port to h1:eth0 lost carrier')
      await lab.sh('h2', 'ping -c 1 -W 5 10.0.1.2')
      await heard('h2 neighbour 10.0.1.2 on eth1 is at')
    })
  })

  test('must hear how a link is impaired, and when no more', async ({ lab }) => {
    await lab.up(LAB)
    await watching(lab, false, async (heard) => {
      await setLink(lab.name, 'h2:eth1', { rate: '10mbit' })
      await heard('h2 eth1 is impaired: rate 10mbit')
      await setLink(lab.name, 'h1:eth0', { rate: '2mbit' }, { both: true })
      await heard('lan port to h1:eth0 is impaired: rate 2mbit')
      await resetLink(lab.name, 'h2:eth1')
      await heard('h2 eth1 is impaired no more')
    })
  })

  // Again where the machine had other things to do.
  test('must hear within 100 ms of the change', { retry: 3 }, async ({ lab }) => {
    await lab.up(LAB)
    await watching(lab, false, async (heard) => {
      const saidMs = Number(await lab.sh('h3', 'ip link set eth0 mtu 1400; date +%s%3N'))
      const { atMs } = await heard('h3 eth0 mtu is 1400')
      expect(atMs - saidMs).toBeLessThan(100)
    })
  })

  test('must follow nodes that another up adds and takes away', async ({ lab }) => {
    await lab.up(LAB)
    await watching(lab, false, async (heard) => {
      await lab.up(LAB.replace('h3: {}', 'h3: {}, h4: {}').replace('links: [', 'links: [[h4, lan], '))
      await heard('h4 node added')
      await lab.sh('h4', 'ip link set lo mtu 9000; ip addr add 10.9.9.9/32 dev lo')
      await heard('h4 address 10.9.9.9/32 on lo added')
      await lab.up(LAB)
      await heard('h4 node removed')
    })
  })

  test('must read the tables again when the kernel tells faster than anybody reads', async ({ lab }) => {
    await lab.up(LAB)
    await watching(lab, false, async (heard) => {
      // More than any socket holds, while the engine does not read.
      const [engine] = childrenNamed(process.pid, 'engine-main.js')
      process.kill(engine!, 'SIGSTOP')
      try {
        const mtus = 'for i in $(seq 20000); do echo "link set lo mtu $((1500 + i % 7))"; done | ip -batch -'
        await lab.sh('h1', `${mtus}; ip addr add 10.9.9.9/32 dev lo`)
      } finally {
        process.kill(engine!, 'SIGCONT')
      }
      await heard('h1 changes came faster')
      await heard('h1 address 10.9.9.9/32 on lo added')
    })
  })

  test('must not keep a lab alive, and must find it again when it is up again', async ({ lab }) => {
    await lab.up(LAB)
    await watching(lab, true, async (heard) => {
      await lab.down() // returns when the kernel has freed the lab
      await heard('the lab is down')
      await lab.up(LAB.replace('h3: {}', 'h3: {}, h9: {}'))
      await heard('is up: 4 nodes')
      await lab.sh('h9', 'ip addr add 10.9.9.9/32 dev lo')
      await heard('h9 address 10.9.9.9/32')
    })
  })

  test('must say so when its engine is killed', async ({ lab }) => {
    await lab.up(LAB)
    const watch = watchLab(lab.name, (message) => {
      if (message.type === 'batch') process.kill(childrenNamed(process.pid, 'engine-main.js')[0]!, 'SIGKILL')
    })
    await expect(watch).rejects.toMatchObject({ diagnostics: [{ code: 'ENGINE_FAILED' }] })
  })

  test('must end when the holder is killed', async ({ lab }) => {
    await lab.up(LAB)
    const { holderPid } = lab.notes()
    const events = await watching(lab, false, async (heard) => {
      process.kill(holderPid, 'SIGKILL')
      await heard('the lab is down')
    })
    expect(isRunning(holderPid)).toBe(false)
    expect(events.at(-1)).toMatchObject({ noun: 'lab', action: 'down' })
  })
})

test('an inspection that goes on must see what changes, and must not keep the lab alive', async ({ lab }) => {
  await lab.up(LAB)
  const abort = new AbortController()
  const mtus: number[] = []
  const inspecting = inspectRepeatedly(
    lab.name,
    ({ namespaces }) => mtus.push(namespaces.find(({ name }) => name === 'h1')!.state.links.get('eth0')!.mtu),
    abort.signal,
  )
  await vi.waitFor(() => expect(mtus).toContain(1500), { timeout: 10_000 })
  await lab.sh('h1', 'ip link set eth0 mtu 1400')
  await vi.waitFor(() => expect(mtus).toContain(1400), { timeout: 10_000 })
  await lab.down() // returns when the kernel has freed the lab
  await inspecting
})

test('a watcher must hear that a node is stopped, and that another up starts it again', async ({ lab }) => {
  await lab.up(LAB)
  await watching(lab, false, async (heard) => {
    await setPower(lab.name, 'h3', false)
    await heard('h3 stopped')
    await heard('h2 eth1 set down')
    expect(stoppedNodes(lab.name)).toEqual(['h3'])
    await lab.up(LAB)
    await heard('h3 started again')
    await lab.sh('h3', 'ping -c 1 -W 5 10.0.1.1')
  })
})

test('a watcher must see the cable between two bridges, and who is the root of their tree when that changes', async ({ lab }) => {
  const bridge = 'stp: true, forward_delay: 2s'
  await lab.up(`{ nodes: { h1: {} }, bridges: { sw1: { ${bridge} }, sw2: { ${bridge} } }, links: [[h1, sw1], [sw1, sw2]] }`)
  const network = new LiveNetwork()
  const abort = new AbortController()
  const watch = watchLab(lab.name, (message) => message.type === 'batch' && network.apply(message.batch), { signal: abort.signal })
  const rootIds = (): (string | undefined)[] => {
    return ['sw1', 'sw2'].map((ifname) => network.linkAt({ netns: FABRIC, ifname })?.tree?.rootId)
  }
  try {
    await vi.waitFor(() => expect(new Set(rootIds()).size === 1 && rootIds()[0] !== undefined).toBe(true), { timeout: 20_000 })
    const ports = [...network.namespaces.get(FABRIC)!.links.values()].filter(({ isPeerBeside }) => isPeerBeside)
    expect(ports.map(({ master }) => master).sort()).toEqual(['sw1', 'sw2'])
    expect(network.peerOf(ports[0]!)).toEqual({ netns: FABRIC, ifname: ports[1]!.ifname })
    for (const first of ['sw2', 'sw1']) {
      await lab.sh(first, `ip link set ${first} type bridge priority ${first === 'sw2' ? 4096 : 0}`)
      await vi.waitFor(() => expect(rootIds()).toEqual(Array(2).fill(expect.stringMatching(first === 'sw2' ? /^1000\./ : /^0000\./))), {
        timeout: 20_000,
      })
    }
  } finally {
    abort.abort()
    await watch
  }
})
