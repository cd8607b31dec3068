import { expect, test } from 'vitest'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { parseNetwork } from '../../support/network.ts'

test('a fresh two-host lab', () => {
  const desired = parseNetwork(`
h1: { links: { eth0: veth h2/eth0 }, addrs: [eth0 10.0.0.1/24], routes: [default via 10.0.0.2 dev eth0] }
h2: { links: { eth0: veth h1/eth0 }, addrs: [eth0 10.0.0.2/24] }
`)
  const plan = planChanges('lab', desired, undefined)
  expect(plan.operations.map((one) => `${one.netns} ${one.type}`)).toMatchInlineSnapshot(`
    [
      "h1 add netns",
      "h2 add netns",
      "h1 add veth",
      "h1 set link",
      "h1 add addr",
      "h1 set link",
      "h2 set link",
      "h2 add addr",
      "h2 set link",
      "h1 add route",
    ]
  `)
})
