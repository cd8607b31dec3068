/** Where a node's files may lie. */
import { expect } from 'vitest'
import { diagnosticOf, test } from '../support/live-lab.ts'

test('a file must bring the folders that it lies in, and leave the rest of theirs in place', async ({ lab }) => {
  await lab.up('nodes: { h1: { files: { /etc/netlab.d/deep/a.conf: "a\\n", /etc/netlab.d/b.conf: "b\\n" } } }')
  expect(await lab.sh('h1', 'cat /etc/netlab.d/deep/a.conf /etc/netlab.d/b.conf')).toBe('a\nb\n')
  expect(await lab.sh('h1', 'test -s /etc/passwd && hostname')).toBe('h1\n')
})

test('a file that would need an overlay over other mounts must be refused', async ({ lab }) => {
  const error = await lab.refusal('nodes: { h1: { files: { /no-such-folder/a.conf: "a\\n" } } }')
  const { facts } = diagnosticOf(error, 'KERNEL_REFUSED')
  expect(facts).toContainEqual(['kernel', expect.stringMatching(/^EBUSY: \(an overlay over \/ would hide the mount \/\S+ and \d+ more\)$/)])
})
