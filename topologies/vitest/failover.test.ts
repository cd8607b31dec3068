// Two ways between two sites, and what happens when the better one is cut. Here the network stands in the test itself.
import { up } from 'netlab'
import 'netlab/vitest'
import { expect, test } from 'vitest'

const network = {
  nodes: {
    left: { forwarding: true, routes: ['10.9.0.2 via 10.0.1.2 metric 10', '10.9.0.2 via 10.0.2.2 metric 20'], loopback: '10.9.0.1/32' },
    right: { forwarding: true, routes: ['10.9.0.1 via 10.0.1.1 metric 10', '10.9.0.1 via 10.0.2.1 metric 20'], loopback: '10.9.0.2/32' },
  },
  links: [
    { endpoints: ['left:fast', 'right:fast'], subnet: '10.0.1.0/24' },
    { endpoints: ['left:slow', 'right:slow'], subnet: '10.0.2.0/24' },
  ],
}

test('the slow way must take over when the fast one is cut', async () => {
  await using lab = await up(network, { name: `failover-${process.pid}` })
  const left = lab.node('left')
  await expect(left).toReach('10.9.0.2')
  await lab.link('left:fast').down()
  await expect(left).toReach('10.9.0.2', { within: '5s' })
  await lab.link('left:slow').down()
  await expect(left).not.toReach('10.9.0.2')
  await lab.link('left:fast').up()
  await expect(left).toReach('10.9.0.2', { within: '5s' })
})
