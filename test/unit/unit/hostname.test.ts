import { describe, expect, it } from 'vitest'
import { labNameProblem, nodeNameProblem } from '../../../src/unit/hostname.ts'

describe('nodeNameProblem', () => {
  it.each([
    'h1',
    'server.example',
    'r_1',
    'r1-2',
    'A',
    'x'.repeat(63),
    'a.b.c.d',
    '_x',
    '1a',
    '1-2',
    '08',
    '256.1',
    '1.2.3.4.5',
    '4294967296',
    '0xg',
  ])('finds none with "%s"', (name) => {
    expect(nodeNameProblem(name)).toBeUndefined()
  })

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
    ['1', 'take it for 0.0.0.1 (inet_aton(3)). Put a letter before it, e.g. h1'],
    ['0x10', 'take it for 0.0.0.16'],
    ['1.2', 'take it for 1.0.0.2'],
    ['1.2.3', 'take it for 1.2.0.3'],
    ['010.0.0.1', 'take it for 8.0.0.1'],
    ['4294967295', 'take it for 255.255.255.255'],
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
