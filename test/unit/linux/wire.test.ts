import { describe, expect, it } from 'vitest'
import type { Operation } from '../../../src/plan/operation.ts'
import { endOfNode, packOperations, unpackOperations } from '../../../src/linux/wire.ts'

const node = (netns: string): Operation => ({ type: 'add netns', netns, cause: 'new', kind: 'node', hostname: netns })
const file = (netns: string, path: string, content: string): Operation => ({
  type: 'write file',
  netns,
  cause: 'new',
  path,
  file: { mode: 0o644, sha256: content, content },
})
const sysctl = (netns: string): Operation => ({ type: 'set sysctl', netns, cause: 'new', name: 'net.ipv4.ip_forward', value: '1' })

describe('a plan on its way to the engine', () => {
  it('keeps all that the engine reads, and has each text once', () => {
    const operations = [
      node('a'),
      file('a', '/etc/hosts', 'same'),
      node('b'),
      file('b', '/etc/hosts', 'same'),
      file('b', '/etc/motd', 'other'),
    ]
    const packed = packOperations(operations)
    expect(packed.contents).toEqual(['same', 'other'])
    expect(unpackOperations(packed)).toEqual(operations.map((operation) => ({ ...operation, cause: '' })))
  })

  it('is parted behind a node, its sysctls and its files, never among them', () => {
    const operations = [
      node('a'),
      sysctl('a'),
      file('a', '/etc/hosts', 'x'),
      node('b'),
      sysctl('b'),
      file('b', '/etc/hosts', 'x'),
      sysctl('a'),
    ]
    expect(Array.from({ length: 9 }, (_, index) => endOfNode(operations, index))).toEqual([0, 3, 3, 3, 6, 6, 6, 7, 7])
  })
})
