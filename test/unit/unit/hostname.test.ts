import { describe, expect, it } from 'vitest'
import { labNameProblem, nodeNameProblem } from '../../../src/unit/hostname.ts'

describe('nodeNameProblem', () => {
  it.each(['h1', 'server.example', 'r_1', 'r1-2', 'A', '1a', 'x'.repeat(63), 'a.b.c.d', '1.2.c', '1-2', '0xg', '1.2.3.4.5', '_x'])(
    'finds none with "%s"',
    (name) => {
      expect(nodeNameProblem(name)).toBeUndefined()
    },
  )

  it.each([
    ['', 'is empty'],
    ['x'.repeat(64), 'is 64 bytes long; a name has at most 63'],
    ['a b', 'has a space in it'],
    ['a/b', 'has "/" in it'],
    ['h1:eth0', 'has ":" in it'],
    ['@fabric', 'has "@" in it'],
    ['köln', 'has "ö" in it'],
    ['a😀', 'has "😀" in it'],
    ['.a', 'empty part'],
    ['a.', 'empty part'],
    ['a..b', 'empty part'],
    ['..', 'empty part'],
    ['-a', '"-" at an end'],
    ['a.b-', '"-" at an end'],
    ['10.0.0.1', 'is an address'],
    ['1', 'is an address to ping'],
    ['0x10', 'is an address to ping'],
    ['1.2', 'is an address to ping'],
    ['10.0.0x1', 'is an address to ping'],
    ['localhost', 'for itself'],
  ])('says of "%s" that it %s', (name, words) => {
    expect(nodeNameProblem(name)).toContain(words)
  })
})

describe('labNameProblem', () => {
  it.each(['dmz', 'two_hosts-1', '7'])('finds none with "%s"', (name) => {
    expect(labNameProblem(name)).toBeUndefined()
  })

  it.each([
    ['', 'is empty'],
    ['a.b', 'has "." in it'],
    ['a/b', 'has "/" in it'],
    ['..', 'has "." in it'],
    ['-x', 'as an option does'],
    ['é'.repeat(32), 'is 64 bytes long'],
  ])('says of "%s" that it %s', (name, words) => {
    expect(labNameProblem(name)).toContain(words)
  })
})
