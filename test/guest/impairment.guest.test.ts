/**
 * What packets meet, against what the file says. Each is measured on a link of its own, side by side with others: it mostly waits. Each tolerance
 * is what chance does (test/support/measure.ts), plus what the emulated machine adds to a time: 0.3 ms to 3 ms were seen, and 11 beside other tests.
 */
import { beforeAll, describe, expect, test } from 'vitest'
import { resetLink, setLink } from '../../src/index.ts'
import { sharedLab } from '../support/live-lab.ts'
import {
  autocorrelation,
  correlatedLosses,
  delaysBy,
  deviation,
  expectDistribution,
  expectShare,
  lossesOf,
  mean,
  readEchoes,
  timesOf,
  wholeMs,
  type Echo,
} from '../support/measure.ts'

const MACHINE_MS = 15
/** Of TCP's bytes on the wire, with timestamps; and of UDP's. */
const TCP_SHARE = 1448 / 1514
const UDP_SHARE = 1400 / 1442

/** Each from a to b. */
const LINKS = {
  delay: 'backward: { delay: 100ms }',
  uniform: 'forward: { delay: 200ms, jitter: 40ms }',
  normal: 'forward: { delay: 200ms, jitter: 40ms, distribution: normal }',
  pareto: 'forward: { delay: 200ms, jitter: 40ms, distribution: pareto }',
  paretonormal: 'forward: { delay: 200ms, jitter: 40ms, distribution: paretonormal }',
  correlated: 'forward: { delay: 200ms, jitter: 40ms 75%, distribution: normal }',
  loss: 'forward: { loss: 10% }',
  correlatedLoss: 'forward: { loss: 30% 25% }',
  gemodel: 'forward: { loss: gemodel 5% 25% }',
  duplicate: 'backward: { duplicate: 10% }',
  reorder: 'forward: { delay: 100ms, reorder: 25% }',
  slot: 'forward: { slot: 100ms 100ms packets 5 }',
  burst: 'forward: { rate: 1mbit, burst: 20kb, latency: 500ms }',
  // A larger bucket than its own, for the machine may come late to it.
  tcp: 'forward: { rate: 1mbit, burst: 20kb }, backward: { delay: 10ms }',
  tcpBack: 'forward: { delay: 10ms }, backward: { rate: 2mbit, burst: 20kb }',
  udp: 'forward: { rate: 1mbit, burst: 20kb }',
  udpBack: 'backward: { rate: 2mbit, burst: 20kb }',
  fq_codel: 'forward: { rate: 2mbit, burst: 20kb, queue: fq_codel }',
  cake: 'forward: { rate: 2mbit, queue: cake }',
  red: 'forward: { rate: 2mbit, burst: 20kb, queue: red ecn }',
} as const
type Name = keyof typeof LINKS

const names = Object.keys(LINKS) as Name[]
const ifnameOf = (name: Name): string => `eth${names.indexOf(name)}`
const addressOf = (name: Name, end: 1 | 2): string => `10.0.${names.indexOf(name)}.${end}`

const lab = sharedLab(
  // Of a raw socket each ping would have the answers of all.
  `defaults: { node: { sysctls: { net.ipv4.tcp_ecn: 1, net.ipv4.ping_group_range: 0 0 } } }
nodes: { a: {}, b: {} }
links:
${names.map((name, index) => `  - { endpoints: [a, b], subnet: 10.0.${index}.0/30, ${LINKS[name]} }`).join('\n')}
`,
  'sched:netem',
  'command:iperf3',
)

describe('echoes', () => {
  /** One group after the other: those that are sent at once need the machine for themselves, and those that count may come late. */
  const PINGS: readonly Partial<Record<Name, string>>[] = [
    { slot: '-c 30 -l 30', burst: '-c 40 -l 40 -s 1372' },
    {
      delay: '-c 100 -i 0.08',
      reorder: '-c 400 -i 0.02',
      uniform: '-c 400 -i 0.02',
      normal: '-c 400 -i 0.02',
      pareto: '-c 400 -i 0.02',
      paretonormal: '-c 400 -i 0.02',
      correlated: '-c 400 -i 0.02',
    },
    { loss: '-c 800 -i 0.006', correlatedLoss: '-c 800 -i 0.006', gemodel: '-c 1200 -i 0.004', duplicate: '-c 800 -i 0.006' },
  ]
  const outputs = new Map<string, string>()
  const of = (name: Name): Echo[] => readEchoes(outputs.get(name) ?? '')

  beforeAll(async () => {
    // From there, for its question is not lost: a knows its neighbour by it.
    await lab.sh('b', `${names.map((name) => `ping -c 1 -W 1 ${addressOf(name, 1)} >/dev/null &`).join('\n')}\nwait`)
    const ping = ([name, words]: [string, string]): string => `ping -W 1 ${words} ${addressOf(name as Name, 2)} >/tmp/ping.${name} &\n`
    const groups = PINGS.map((group) => `${Object.entries(group).map(ping).join('')}wait\n`)
    const output = await lab.sh('a', `${groups.join('')}tail -n +1 /tmp/ping.*`)
    for (const part of output.split('==> /tmp/ping.').slice(1)) outputs.set(part.split(' ')[0] ?? '', part)
  })

  test('a delay is as long as the file says', () => {
    expectDistribution(timesOf(of('delay')), [100], MACHINE_MS)
    expect(of('delay')).toHaveLength(100)
  })

  test.each([
    ['uniform', undefined],
    ['normal', 'normal'],
    ['pareto', 'pareto'],
    ['paretonormal', 'paretonormal'],
  ] as const)('a jitter of distribution %s is spread as by its table', (name, table) => {
    expect(of(name)).toHaveLength(400)
    expectDistribution(timesOf(of(name)), delaysBy(table, 200, 40), MACHINE_MS)
  })

  test('a jitter with a correlation has its distribution all the same', () => {
    const bySequence = of('correlated').toSorted((one, other) => one.sequence - other.sequence)
    expectDistribution(timesOf(bySequence), delaysBy('normal', 200, 40), MACHINE_MS)
    // The kernel takes the remainder of what it has correlated (tabledist), which is as good as chance: 0 ± 5 / sqrt(400).
    expect(Math.abs(autocorrelation(timesOf(bySequence)))).toBeLessThan(0.25)
  })

  test('as many are lost as the file says', () => {
    expectShare(lossesOf(of('loss'), 800).filter(Boolean).length, 800, 0.1)
  })

  test('a loss with a correlation is what netem makes of it, in share and in sequence', () => {
    const tried = Array.from({ length: 100 }, () => figures(correlatedLosses(800, 0.3, 0.25)))
    const measured = figures(lossesOf(of('correlatedLoss'), 800))
    for (const figure of ['share', 'again'] as const) {
      const values = tried.map((one) => one[figure])
      expect(Math.abs(measured[figure] - mean(values)), figure).toBeLessThan(5 * deviation(values))
    }
    expect(measured.again).toBeGreaterThan(measured.share)
  })

  test('Gilbert-Elliott loses in bursts', () => {
    const lost = lossesOf(of('gemodel'), 1200)
    const { share, again } = figures(lost)
    // p / (p + r) = 1/6 of all, each followed by another with 1 - r = 3/4: some 50 bursts, so each figure is good to a third.
    expect(share).toBeGreaterThan(0.08)
    expect(share).toBeLessThan(0.26)
    expect(again).toBeGreaterThan(0.6)
    expect(again).toBeLessThan(0.88)
  })

  test('as many arrive twice as the file says, and none is lost', () => {
    expect(lossesOf(of('duplicate'), 800)).not.toContain(true)
    expectShare(of('duplicate').filter(({ isAgain }) => isAgain).length, 800, 0.1)
  })

  test('as many overtake the others as the file says', () => {
    expectShare(of('reorder').filter(({ ms }) => ms < 50).length, 400, 0.25)
    expectDistribution(timesOf(of('reorder').filter(({ ms }) => ms >= 50)), [100], MACHINE_MS)
  })

  test('a slot lets so many packets go together', () => {
    const times = timesOf(of('slot'))
    expect(times).toHaveLength(30)
    // ping sends as soon as it may, so whoever has to wait for the next slot waits longer than the one before it.
    const waits = times.flatMap((ms, index) => (ms - (times[index - 1] ?? ms) > 50 ? [index] : []))
    expect(waits).toEqual([5, 10, 15, 20, 25])
    expect(wholeMs(outputs.get('slot')!)).toBeGreaterThan(600 - MACHINE_MS)
    expect(wholeMs(outputs.get('slot')!)).toBeLessThan(600 + 6 * MACHINE_MS)
  })

  test('a burst passes at once, and the rest at the rate', () => {
    const times = timesOf(of('burst'))
    expect(times).toHaveLength(40)
    // 20 KiB are 14 packets of 1414 bytes, and what the bucket gets while they are sent; each of the others takes 11.3 ms.
    const atOnce = times.filter((ms) => ms < 11).length
    expect(atOnce).toBeGreaterThanOrEqual(14)
    expect(atOnce).toBeLessThanOrEqual(18)
    expect(wholeMs(outputs.get('burst')!)).toBeGreaterThan(289 - MACHINE_MS)
    expect(wholeMs(outputs.get('burst')!)).toBeLessThan(289 + 3 * MACHINE_MS)
  })

  function figures(lost: readonly boolean[]): { readonly share: number; readonly again: number } {
    const after = lost.slice(1).filter((_, index) => lost[index])
    return { share: lost.filter(Boolean).length / lost.length, again: after.filter(Boolean).length / after.length }
  }
})

describe('iperf3', () => {
  const CLIENTS: Partial<Record<Name, string>> = {
    tcp: '',
    tcpBack: '-R',
    udp: '-u -b 1500k -l 1400',
    udpBack: '-u -b 3M -l 1400 -R',
    fq_codel: '',
    cake: '',
    red: '',
  }
  /** Bits a second that were received. */
  const rates = new Map<string, number>()

  beforeAll(async () => {
    const portOf = (name: string): number => 5300 + names.indexOf(name as Name)
    const servers = Object.keys(CLIENTS).map((name) => `iperf3 -s -D -p ${portOf(name)}`)
    // They end with the lab.
    await lab.sh('b', `${servers.join('\n')}\nuntil test $(ss -Hltn | wc -l) -ge ${servers.length}; do sleep 0.2; done`)
    const clients = Object.entries(CLIENTS).map(
      ([name, words]) => `iperf3 -J -t 5 -c ${addressOf(name as Name, 2)} -p ${portOf(name)} ${words} >/tmp/iperf.${name} &\n`,
    )
    const output = await lab.sh('a', `${clients.join('')}wait; tail -n +1 /tmp/iperf.*`)
    for (const part of output.split('==> /tmp/iperf.').slice(1)) {
      const { end, error } = JSON.parse(part.slice(part.indexOf('{'))) as IperfReport
      if (end.sum_received === undefined) throw new Error(`iperf3: ${part.split(' ')[0]}: ${error}`)
      rates.set(part.split(' ')[0] ?? '', end.sum_received.bits_per_second)
    }
  })

  // A burst, and what waits in the queue when the time is over.
  test.each([
    ['tcp', 1e6],
    ['tcpBack', 2e6],
    ['fq_codel', 2e6],
    ['cake', 2e6],
    ['red', 2e6],
  ] as const)('TCP gets the rate of its direction: %s', (name, rate) => {
    expect((rates.get(name) ?? 0) / (rate * TCP_SHARE)).toBeGreaterThan(0.85)
    expect((rates.get(name) ?? 0) / (rate * TCP_SHARE)).toBeLessThan(1.1)
  })

  test.each([
    ['udp', 1e6],
    ['udpBack', 2e6],
  ] as const)('UDP gets the rate of its direction, and no more: %s', (name, rate) => {
    // What waits when the five seconds are over arrives, and is counted: 32 frames, and a bucket full.
    const waiting = ((32 * 1514 + 20 * 1024) * 8) / (rate * 5)
    expect((rates.get(name) ?? 0) / (rate * UDP_SHARE)).toBeGreaterThan(0.95)
    expect((rates.get(name) ?? 0) / (rate * UDP_SHARE)).toBeLessThan(1.05 + waiting)
  })

  test('queues mark what they would drop, and so it arrives', async () => {
    const [fqCodel, cake, red] = await Promise.all((['fq_codel', 'cake', 'red'] as const).map(marksOf))
    expect(fqCodel).toBeGreaterThan(0)
    expect(cake).toBeGreaterThan(0)
    expect(red).toBeGreaterThan(0)
    const [, words = '', numbers = ''] = /^(IpExt: .*InCEPkts.*)\nIpExt: (.*)$/m.exec(await lab.sh('b', 'cat /proc/net/netstat')) ?? []
    const arrived = Number(numbers.split(' ')[words.split(' ').indexOf('InCEPkts') - 1])
    const marked = fqCodel! + cake! + red!
    expect(arrived).toBeGreaterThanOrEqual(marked)
    // A packet of several segments is marked once, and counted there as so many: as many as fit tbf's bucket, or it takes the packet apart.
    expect(arrived).toBeLessThanOrEqual(marked * Math.floor((20 * 1024) / 1500))
  })

  async function marksOf(name: Name): Promise<number> {
    const statistics = await lab.sh('a', `tc -s -j qdisc show dev ${ifnameOf(name)}`)
    return [...statistics.matchAll(/"(?:ecn_mark|marked)":(\d+)/g)].reduce((sum, [, marks]) => sum + Number(marks), 0)
  }
})

/** What `iperf3 -J` says in the end. */
interface IperfReport {
  readonly error?: string
  readonly end: { readonly sum_received?: { readonly bits_per_second: number } }
}
describe('while it runs', () => {
  test('a link that is set delays by what was named and keeps the rest', async () => {
    const end = `b:${ifnameOf('delay')}`
    const { links } = await setLink(lab.name, end, { delay: '90ms', loss: '0.1%' })
    expect(links[0]?.impairment).toEqual({ delay: '90ms', loss: '0.1%' })
    const again = await setLink(lab.name, end, { loss: 'none' })
    expect(again.links[0]?.impairment).toEqual({ delay: '90ms' })
    const times = timesOf(readEchoes(await lab.sh('a', `ping -c 50 -i 0.01 ${addressOf('delay', 2)}`)))
    expectDistribution(times, [90], MACHINE_MS)
    expect(await lab.drift()).not.toEqual([])
    await resetLink(lab.name, end)
    expect(await lab.drift()).toEqual([])
  })

  test('every kind of queue and model is made, verified and taken back', async () => {
    const settings = [
      { rate: '10mbit', queue: 'fq_codel target 7ms', delay: '10ms' },
      { rate: '10mbit', queue: 'codel ecn', delay: 'none' },
      { rate: '10mbit', queue: 'red ecn true' },
      { rate: '10mbit', queue: 'sfq perturb 10' },
      { rate: '10mbit', queue: 'cake besteffort rtt 50ms' },
      { rate: '10mbit', queue: 'none', limit: '50' },
      { rate: 'none', limit: 'none', loss: 'state 1% 10% 5% 90% 0.1%', slot: '1ms 2ms packets 10', corrupt: '1% 5%' },
    ]
    for (const one of settings) {
      const { links } = await setLink(lab.name, `a:${ifnameOf('delay')}`, one)
      const wanted = Object.entries(one).filter(([, value]) => value !== 'none')
      expect(Object.keys(links[0]?.impairment ?? {})).toEqual(expect.arrayContaining(wanted.map(([key]) => key)))
    }
    await resetLink(lab.name, `a:${ifnameOf('delay')}`)
    expect(await lab.drift()).toEqual([])
  })
})
