/** The probes of test/support/needs.ts against this kernel: what they say must be what the kernel says. */
import { expect, test } from 'vitest'
import { missingRequirement, needs } from '../support/needs.ts'

test('veth is found where namespaces are allowed', (context) => {
  needs(context, 'command:ip', ...(process.getuid?.() === 0 ? [] : (['userns'] as const)))
  expect(missingRequirement('link:veth')).toBeUndefined()
})

test('a link kind that no kernel has is refused in the words of the kernel', (context) => {
  needs(context, 'command:ip', 'link:veth')
  expect(missingRequirement('link:nosuchkind')).toMatch(/^kernel has no link kind nosuchkind \(.*Unknown device type/)
})
