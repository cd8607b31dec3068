import { expect, it } from 'vitest'
import { missingFeature } from '../../../src/lab/missing-feature.ts'

it('what a kernel lacks must be told in its words, and by the number alone where it has none', () => {
  const detailOf = (words: string): string => missingFeature({ group: 'link kind', name: 'vlan', ok: false, words }, undefined).detail
  expect(detailOf('EOPNOTSUPP: Unknown device type')).toBe('This kernel has no vlan (EOPNOTSUPP: Unknown device type).')
  expect(detailOf('EOPNOTSUPP: (the kernel gave no further words)')).toBe('This kernel has no vlan (EOPNOTSUPP).')
})
