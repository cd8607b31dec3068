import { expect, test } from 'vitest'
import { formatPlanJson, planJson } from '../../../src/plan/json.ts'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { formatPlanText } from '../../../src/plan/text.ts'
import { parseNetwork } from '../../support/network.ts'

const plan = planChanges('lab', parseNetwork('h1: { addrs: [lo 10.0.0.1/32] }', '/home/me/labs/lab.yaml'))

test('a plan has one line an operation and a line that counts', () => {
  expect(formatPlanText(plan, { cwd: '/home/me' })).toBe(
    [
      '+ h1  add netns                    because: not there         labs/lab.yaml:1',
      '~ h1  set link lo up               because: the file says up  labs/lab.yaml:1',
      '+ h1  add addr 10.0.0.1/32 dev lo  because: not there         labs/lab.yaml:1',
      '',
      '2 to add, 1 to change, 0 to remove',
      '',
    ].join('\n'),
  )
})

test('an empty plan says so', () => {
  expect(formatPlanText({ lab: 'lab', operations: [] })).toBe('Nothing to do: the network is as the file says.\n')
})

test.each([5, 20, 40, 60])('no line is wider than %i columns', (width) => {
  const lines = formatPlanText(plan, { width }).split('\n').slice(0, 3)
  expect(lines.map((line) => line.length <= width)).toEqual([true, true, true])
})

test('colour marks what is added and changed', () => {
  const [added, changed] = formatPlanText(plan, { color: true }).split('\n')
  expect(added).toMatch(/^\u001b\[32m\+ h1.*\u001b\[0m$/)
  expect(changed).toMatch(/^\u001b\[33m~ h1.*\u001b\[0m$/)
})

test('as JSON each operation says what, why and where', () => {
  expect(JSON.parse(formatPlanJson(plan))).toEqual(planJson(plan))
  expect(planJson(plan).operations[2]).toEqual({
    type: 'add addr',
    netns: 'h1',
    effect: 'add',
    text: 'add addr 10.0.0.1/32 dev lo',
    cause: 'not there',
    origin: { file: '/home/me/labs/lab.yaml', line: 1, column: 15, length: 14 },
    sameAs: 'ip -n lab.h1 addr add 10.0.0.1/32 dev lo',
    detail: { addr: { family: 4, ifname: 'lo', local: '10.0.0.1', prefixlen: 32 } },
  })
})
