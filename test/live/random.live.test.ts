/** Any lab must become any other, exactly: random topologies, one after the other in one running lab. */
import fc from 'fast-check'
import { expect } from 'vitest'
import { test } from '../support/live-lab.ts'

/** What an ordinary user's labs do otherwise shows in a few. */
const RUNS = process.getuid?.() === 0 ? 10 : 4
/** A new one each time; to see a failure again, set it to the one that was printed. */
const SEED = Number(process.env['NETLAB_SEED'] ?? Date.now() % 1_000_000)

interface Wish {
  readonly nodes: readonly { readonly forwarding: boolean; readonly loopback: boolean; readonly sysctl: number; readonly file: string }[]
  readonly bridges: readonly { readonly ageing: number; readonly managed: boolean; readonly stp: boolean }[]
  /** Each end is the number of a node, and of a bridge where it is beyond the nodes. */
  readonly links: readonly {
    readonly ends: readonly [number, number]
    readonly mtu: number
    readonly down: boolean
    readonly ipv6: boolean
  }[]
  readonly routing: boolean
}

const wishes = fc.record<Wish>({
  nodes: fc.array(
    fc.record({
      forwarding: fc.boolean(),
      loopback: fc.boolean(),
      sysctl: fc.constantFrom(64, 77),
      file: fc.constantFrom('', 'one', 'two'),
    }),
    { minLength: 1, maxLength: 5 },
  ),
  bridges: fc.array(fc.record({ ageing: fc.constantFrom(10, 300), managed: fc.boolean(), stp: fc.boolean() }), { maxLength: 2 }),
  links: fc.array(
    fc.record({
      ends: fc.tuple(fc.nat(6), fc.nat(6)),
      mtu: fc.constantFrom(1500, 1400),
      down: fc.boolean(),
      ipv6: fc.boolean(),
    }),
    { maxLength: 7 },
  ),
  routing: fc.boolean(),
})

/** The YAML of a wish; JSON is YAML. What the checks would refuse (a bridge with itself, a loop without stp) is left out. */
function topologyOf({ nodes, bridges, links, routing }: Wish): string {
  const names = [...nodes.map((_, index) => `n${index}`), ...bridges.map((_, index) => `b${index}`)]
  const isBridge = (name: string) => name.startsWith('b')
  const endpoint = (name: string, down: boolean) => (isBridge(name) || !down ? name : { node: name, state: 'down' })
  return JSON.stringify({
    ...(routing && nodes.some(({ forwarding }) => forwarding) && { routing: 'auto' }),
    nodes: Object.fromEntries(
      nodes.map(({ forwarding, loopback, sysctl, file }, index) => [
        names[index],
        {
          forwarding,
          ...(loopback && { loopback: `10.255.0.${index + 1}` }),
          sysctls: { 'net.ipv4.ip_default_ttl': sysctl },
          ...(file !== '' && { files: { [`/etc/netlab-test/${file}`]: file, '/etc/motd': file } }),
        },
      ]),
    ),
    bridges: Object.fromEntries(
      bridges.map(({ ageing, managed, stp }, index) => [
        `b${index}`,
        { ageing, stp, subnet: `10.1.${index}.0/24`, ...(managed && { address: `10.1.${index}.254/24` }) },
      ]),
    ),
    links: links.flatMap(({ ends, mtu, down, ipv6 }, index) => {
      const [one, other] = ends.map((end) => names[end % names.length]!) as [string, string]
      if (one === other || (isBridge(one) && isBridge(other))) return []
      const subnet = isBridge(one) || isBridge(other) ? {} : { subnet: [`10.2.${index}.0/24`, ...(ipv6 ? [`fd00:${index}::/64`] : [])] }
      return [{ endpoints: [endpoint(one, down), endpoint(other, false)], mtu, ...subnet }]
    }),
  })
}

test(`any lab must become any other (NETLAB_SEED=${SEED})`, { timeout: 180_000 }, async ({ lab }) => {
  await fc.assert(
    fc.asyncProperty(wishes, wishes, async (first, second) => {
      for (const wish of [first, second]) {
        await lab.up(topologyOf(wish))
        expect((await lab.up(topologyOf(wish))).plan.operations).toEqual([])
        expect(await lab.drift()).toEqual([])
      }
      await lab.up(topologyOf(first), { recreate: true })
      expect(await lab.drift()).toEqual([])
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: true },
  )
})
