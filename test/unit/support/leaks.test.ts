import { expect, test } from 'vitest'
import { compareSnapshots, takeSnapshot } from '../../support/leaks.ts'
import type { Snapshot } from '../../support/leaks.ts'

function snapshot(kind: string, ...things: string[]): Snapshot {
  return new Map([[kind, new Set(things)]])
}

test('a snapshot of an untouched host compares equal to the next one', () => {
  const kinds = ['network interface', 'mount', 'file in /run', 'control group']
  const differences = compareSnapshots(takeSnapshot(), takeSnapshot())
  expect(differences.filter((sentence) => kinds.some((kind) => sentence.startsWith(kind)))).toEqual([])
})

test('what appears is left behind, what vanishes is lost', () => {
  const before = snapshot('mount', '/ /a tmpfs none', '/ /b tmpfs none')
  const after = snapshot('mount', '/ /b tmpfs none', '/ /c tmpfs none')
  expect(compareSnapshots(before, after)).toEqual(['mount left behind: / /c tmpfs none', 'mount lost: / /a tmpfs none'])
})

test('a process that ended by itself is no difference', () => {
  expect(compareSnapshots(snapshot('process', '42 ping h2'), snapshot('process'))).toEqual([])
})
