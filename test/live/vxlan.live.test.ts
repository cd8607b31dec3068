/** A VXLAN with several far ends: what it does not know goes to each of them, without a multicast group. */
import { describe, expect, test } from 'vitest'
import { sharedLab } from '../support/live-lab.ts'

const FILE = `
nodes:
  a: { interfaces: { vx0: { kind: vxlan, id: 7, remote: [b, c], address: 172.17.0.1/24, fdb: { mac: 02:00:00:00:00:0a, dst: c } } } }
  b: { interfaces: { vx0: { kind: vxlan, id: 7, remote: [a, c], address: 172.17.0.2/24 } } }
  c: { interfaces: { vx0: { kind: vxlan, id: 7, remote: [a, b], address: 172.17.0.3/24 } } }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[a, lan], [b, lan], [c, lan]]
`

describe('a VXLAN with several far ends', () => {
  const lab = sharedLab(FILE, 'link:vxlan')

  test.each(['172.17.0.2', '172.17.0.3'])('must reach %s', async (to) => {
    expect(await lab.sh('a', `ping -c 1 -W 5 ${to}`)).toContain(' 0% packet loss')
  })

  test('must send to an address behind one far end there alone', async () => {
    const entries = await lab.sh('a', 'bridge fdb show dev vx0')
    expect(entries.split('\n').filter((line) => line.startsWith('02:00:00:00:00:0a'))).toEqual([
      expect.stringMatching(/^02:00:00:00:00:0a dst 10\.0\.0\.3 self permanent/),
    ])
  })

  test('must lead where the file says again when somebody has changed its table', async () => {
    const any = '00:00:00:00:00:00'
    await lab.sh(
      'a',
      `bridge fdb del ${any} dev vx0 dst 10.0.0.3; bridge fdb append ${any} dev vx0 dst 10.0.0.99; bridge fdb del 02:00:00:00:00:0a dev vx0`,
    )
    const { plan } = await lab.up(FILE)
    expect(plan.operations.map(({ type }) => type)).toEqual(['del fdb', 'add fdb', 'add fdb'])
    expect(await lab.drift()).toEqual([])
  })
})

describe('a VXLAN with one far end', () => {
  const file = `
nodes:
  d: { interfaces: { vx0: { kind: vxlan, id: 8, remote: e } } }
  e: {}
links: [{ endpoints: [d, e], subnet: 10.1.0.0/24 }]
`
  const lab = sharedLab(file, 'link:vxlan')

  test('must lead there again when somebody has deleted the entry that the kernel made', async () => {
    await lab.sh('d', 'bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.1.0.2')
    const { plan } = await lab.up(file)
    expect(plan.operations.map(({ type }) => type)).toEqual(['add fdb'])
    expect(await lab.drift()).toEqual([])
  })
})
