/**
 * The labs of topologies/: nothing is wrong with them, what their files claim holds, and so do the hidden tests of their exercise, which find the
 * planted fault. Those that need a full kernel are left out.
 */
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { validate } from '../../src/index.ts'
import { failuresOf, fileOf, FULL_KERNEL, LABS, needsOf } from '../support/course.ts'

const HERE = LABS.filter((name) => !FULL_KERNEL.includes(name))

describe.concurrent('the lab', () => {
  test.for(HERE)('%s must be as its file claims', { timeout: 180_000 }, async (name, context) => {
    needsOf(context, name)
    context.expect((await validate(fileOf(name, 'topology'))).diagnostics).toEqual([])
    context.expect(await failuresOf(fileOf(name, 'topology'))).toEqual([])
  })
})

describe.concurrent('the exercise of', () => {
  test.for(HERE)('%s must be solved by its topology, and by nothing less', { timeout: 180_000 }, async (name, context) => {
    // Two labs more each take their time.
    if (process.getuid?.() !== 0) context.skip('what it proves of the text is the same for every user: root has it proved')
    needsOf(context, name)
    context.expect(await failuresOf(fileOf(name, 'topology'), fileOf(name, 'hidden-tests'))).toEqual([])
    context.expect(await failuresOf(fileOf(name, 'fault'), fileOf(name, 'hidden-tests'))).not.toEqual([])
  })
})

test('every lab has its text, with the parts that a reader looks for', () => {
  expect(LABS.length).toBeGreaterThanOrEqual(30)
  for (const name of LABS) {
    const text = readFileSync(fileOf(name, 'topology').replace('topology.yaml', 'README.md'), 'utf8')
    expect(text, name).toMatch(/^# .+\n\n.+\n[^]*```text\n[^]*## Try this\n[^]*## Questions\n[^]*## Exercise\n/)
  }
})
