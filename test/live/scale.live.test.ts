/** A few hundred nodes must come up, answer across the whole lab, and go. */
import { expect } from 'vitest'
import { test } from '../support/live-lab.ts'

const HOSTS = 160
const ROUTERS = 40

const FAT_LAB = `
routing: auto
nodes: { "h[1-${HOSTS}]": {}, "r[1-${ROUTERS}]": { forwarding: true } }
bridges: { "lan[1-${ROUTERS}]": { subnet: auto } }
links:
  - ["r[1-${ROUTERS}]", "lan[1-${ROUTERS}]"]
${Array.from({ length: ROUTERS }, (_, index) => `  - ["h[${index * 4 + 1}-${index * 4 + 4}]", lan${index + 1}]`).join('\n')}
${Array.from({ length: ROUTERS - 1 }, (_, index) => `  - { endpoints: [r${index + 1}, r${index + 2}], subnet: auto }`).join('\n')}
`

test(`${HOSTS + ROUTERS} nodes must come up, reach each other end to end, change and go`, { timeout: 180_000 }, async ({ lab }) => {
  await lab.up(FAT_LAB)
  await lab.sh('h1', `ping -c 1 -W 10 h${HOSTS}`)
  await lab.sh(`h${HOSTS}`, 'ping -c 1 -W 10 h1')
  expect((await lab.up(FAT_LAB)).plan.operations).toEqual([])
  const { plan } = await lab.up(FAT_LAB.replace('subnet: auto }', 'subnet: auto, mtu: 1400 }'))
  expect(plan.operations.length).toBeGreaterThan(0)
  await lab.sh('h1', `ping -c 1 -W 10 h${HOSTS}`)
})
