/**
 * The labs of topologies/: nothing is wrong with them, what their files claim holds, and so do the hidden tests of their exercise, which find the
 * planted fault. Those that need a full kernel are in test/guest. Side by side, since they mostly wait.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { fileOf, FULL_KERNEL, LABS, needsOf, SLOW, theFaultIsFound, theLabHolds } from '../support/course.ts'

const HERE = LABS.filter((name) => !FULL_KERNEL.includes(name))
/** Those that wait the longest begin: nothing is left that could run beside the last. */
const ORDERED = [...HERE.filter((name) => SLOW.includes(name)), ...HERE.filter((name) => !SLOW.includes(name))]

describe.concurrent('the exercise of', () => {
  test.for(ORDERED)('%s must be a fault that its hidden tests find', { timeout: 180_000 }, async (name, context) => {
    // A lab more takes its time.
    if (process.getuid?.() !== 0) context.skip('what it proves of the text is the same for every user: root has it proved')
    needsOf(context, name)
    await theFaultIsFound(name)
  })
})

describe.concurrent('the lab', () => {
  test.for(ORDERED)('%s must be as its file claims, and solve its exercise', { timeout: 180_000 }, async (name, context) => {
    needsOf(context, name)
    await theLabHolds(name)
  })
})

test('every lab has its text, with the parts that a reader looks for', () => {
  expect(LABS.length).toBeGreaterThanOrEqual(30)
  for (const name of LABS) {
    const text = readFileSync(fileOf(name, 'topology').replace('topology.yaml', 'README.md'), 'utf8')
    expect(text, name).toMatch(/^# .+\n\n.+\n[^]*```text\n[^]*## Try this\n[^]*## Questions\n[^]*## Exercise\n/)
  }
})
