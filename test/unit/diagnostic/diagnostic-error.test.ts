import { expect, it } from 'vitest'
import { DiagnosticError } from '../../../src/diagnostic/diagnostic.ts'

it('the message of a refusal must have what was done and what the kernel said, for a program that prints nothing else', () => {
  const facts = [
    ['doing', 'add qdisc dev eth0'],
    ['kernel', 'ENOENT: Specified qdisc kind is unknown'],
  ] as const
  const error = new DiagnosticError('refusal', [
    { code: 'KERNEL_REFUSED', severity: 'error', detail: 'Nothing was changed.', facts },
    { code: 'LAB_BUSY', severity: 'error', detail: 'Somebody is at it.' },
  ])
  expect(error.message).toBe(
    'KERNEL_REFUSED: doing: add qdisc dev eth0\n  kernel: ENOENT: Specified qdisc kind is unknown\n  Nothing was changed.\nLAB_BUSY: Somebody is at it.',
  )
})
