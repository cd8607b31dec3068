import { expect, test } from 'vitest'
import { createFindings } from '../../../src/topology/findings.ts'

const at = (line: number) => ({ file: 'a.yaml', line, column: 3, length: 4 })

function details(say: (findings: ReturnType<typeof createFindings>) => void): string[] {
  const findings = createFindings()
  say(findings)
  return findings.sorted(['a.yaml']).map(({ detail }) => detail)
}

test('what is wrong with each node of a range must be said once, with how many there are', () => {
  const found = details((findings) => {
    for (const node of ['h1', 'h2', 'h3']) findings.error('GATEWAY_NOT_CONNECTED', at(1), `10.0.0.9 is on no subnet of ${node}.`)
  })
  expect(found).toEqual(['10.0.0.9 is on no subnet of h1. The same goes for 2 more here.'])
})

test('the very same words must be said once, and nothing be counted', () => {
  expect(details((findings) => [1, 2].forEach(() => findings.error('UNKNOWN_NODE', at(1), 'There is no node "x".')))).toEqual([
    'There is no node "x".',
  ])
})

test('other words at one place, and like words at another, must be findings of their own', () => {
  const found = details((findings) => {
    findings.error('MISSING_KEY', at(1), 'A vlan needs `id`.')
    findings.error('MISSING_KEY', at(1), 'A vlan needs `parent`.')
    findings.error('UNKNOWN_NODE', at(2), 'There is no node "h1".')
    findings.error('UNKNOWN_NODE', at(3), 'There is no node "h2".')
    findings.error('UNKNOWN_NODE', undefined, 'There is no node "h3".')
    findings.error('UNKNOWN_NODE', undefined, 'There is no node "h4".')
  })
  expect(found).toHaveLength(6)
})
