// What is shown of a network that changes: rows that were kept are those that would be made anew.
import { expect, it } from 'vitest'
import { LabModel } from '../../../src/tui/model.ts'
import { cablesOf } from '../../../src/tui/links.ts'
import { nodeRows } from '../../../src/tui/nodes.ts'
import type { WatchMessage } from '../../../src/lab/watch.ts'
import { counted, limited, setDown, watchedLab } from '../../support/watched-lab.ts'

const lab = watchedLab(['h1', 'h2', 'h3'], ['lan'], [['h1:eth0', 'lan'], ['h2:eth0', 'lan'], ['h2:eth1', 'h3:eth0']]) // prettier-ignore

/** Each message, whether rows are asked for after it or not, leads to the same. */
it.each<[string, WatchMessage[]]>([
  [
    'traffic that ends',
    [counted(lab, 1, { 'h1:eth0': [0, 0] }), counted(lab, 2, { 'h1:eth0': [9e5, 10] }), counted(lab, 3, {}), counted(lab, 4, {})],
  ],
  ['a link that goes down', [setDown(lab, 'h2:eth1', 'h3:eth0')]],
  ['a rate', [counted(lab, 1, {}), limited(lab, 'h2:eth1', 1e6), counted(lab, 2, {})]],
  [
    'a node that is stopped',
    [
      { type: 'stopped', nodes: ['h3'] },
      { type: 'stopped', nodes: [] },
      { type: 'stopped', nodes: ['h1'] },
    ],
  ],
])('%s', (_, messages) => {
  const [asked, unasked] = [true, true].map(() => new LabModel('dmz', () => undefined)) as [LabModel, LabModel]
  for (const message of [...lab.messages, ...messages]) {
    for (const model of [asked, unasked]) model.take(message)
    cablesOf(asked.network)
    nodeRows(asked)
  }
  expect(cablesOf(asked.network)).toEqual(cablesOf(unasked.network))
  expect(nodeRows(asked)).toEqual(nodeRows(unasked))
})

it('rows of which nothing has changed are the same objects', () => {
  const model = new LabModel('dmz', () => undefined)
  for (const message of [...lab.messages, counted(lab, 1, {}), setDown(lab, 'h2:eth1', 'h3:eth0')]) model.take(message)
  const before = { nodes: nodeRows(model), cables: cablesOf(model.network) }
  model.take(counted(lab, 2, { 'h1:eth0': [1000, 0] }))
  const same = { nodes: nodeRows(model), cables: cablesOf(model.network) }
  expect(same.nodes.map((row, index) => row === before.nodes[index])).toEqual([false, true, true, false])
  expect(same.cables.map((cable, index) => cable === before.cables[index])).toEqual([false, true, true])
})
