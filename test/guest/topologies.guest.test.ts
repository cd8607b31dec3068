/** The labs of topologies/ that need a full kernel: their claims hold, and their hidden tests find the planted fault. */
import { expect, test } from 'vitest'
import { failuresOf, fileOf, FULL_KERNEL, needsOf } from '../support/course.ts'

test.for(FULL_KERNEL)('the lab %s must be as its file claims, and its exercise be solved by nothing less', async (name, context) => {
  needsOf(context, name)
  expect(await failuresOf(fileOf(name, 'topology'))).toEqual([])
  expect(await failuresOf(fileOf(name, 'topology'), fileOf(name, 'hidden-tests'))).toEqual([])
  expect(await failuresOf(fileOf(name, 'fault'), fileOf(name, 'hidden-tests'))).not.toEqual([])
})
