/** `netlab graph` of a lab that runs must tell how it stands, whoever has changed it. */
import { expect } from 'vitest'
import { graphOf, type Graph } from '../../src/export/graph.ts'
import { formatPicture, setLink, sketch } from '../../src/index.ts'
import { test } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const LAB = `
nodes:
  h1: { gateway: r1 }
  h2: { gateway: r1 }
  r1: { forwarding: true }
  r2: { services: { nap: { run: "sleep 1000" } } }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links:
  - [h1, lan]
  - [h2, lan]
  - [r1, lan]
  - { endpoints: [r1, r2], subnet: 10.0.1.0/30, rate: 10mbit }
`

function troubles({ nodes, cables }: Graph): string[] {
  const links = cables.map(({ a, b, state, words }) => [`${a.node} ${b.node}`, state, ...words.slice(0, 1)].join(': '))
  return [...nodes.map(({ name, state }) => `${name}: ${state}`), ...links].filter((text) => !text.includes(': up'))
}

test('a picture must show what is as in the file, and what is not', async ({ lab, skip }) => {
  needs({ skip }, 'sched:tbf')
  await lab.up(LAB)
  const file = `${lab.folder}/lab.yaml`
  const now = async (): Promise<Graph> => graphOf(await sketch({ running: lab.name }))
  expect(troubles(await now())).toEqual([])
  expect((await now()).nodes.find(({ name }) => name === 'r2')?.lines).toEqual(['runs nap'])
  // Of the file alone it is the same but for the state.
  const plain = graphOf(await sketch({ file }))
  expect(plain.cables.map(({ key, a, b, subnets }) => ({ key, a, b, subnets }))).toEqual(
    (await now()).cables.map(({ key, a, b, subnets }) => ({ key, a, b, subnets })),
  )

  await setLink(lab.name, 'r1:eth1', { rate: '2mbit' })
  await lab.sh('h1', 'ip link set eth0 down')
  await lab.sh('h2', 'ip link del eth0')
  expect(troubles(await now())).toEqual([
    'h1: down',
    'h1 lan: down: down',
    'h2 lan: missing: not there',
    'r1 r2: changed: from r1: rate 2mbit',
  ])
  expect(await formatPicture('svg', await sketch({ file, running: lab.name }))).toContain('in the file: rate 10mbit')
})
