/** The labs of topologies/ that need a full kernel, as test/live/topologies.live.test.ts proves the others. */
import { expect, test } from 'vitest'
import { FULL_KERNEL, needsOf, theExerciseIsSolved } from '../support/course.ts'

test.for(FULL_KERNEL)('the fault of %s must be found by its exercise, and all must hold when it is mended', async (name, context) => {
  needsOf(context, name)
  await theExerciseIsSolved(name)
})

test('there are such labs', () => {
  expect(FULL_KERNEL.length).toBeGreaterThanOrEqual(7)
})
