import { describe, expect, it } from 'vitest'
import { ifnameProblem, shortIfname } from '../../../src/unit/ifname.ts'

describe('ifnameProblem', () => {
  it.each(['eth0', 'lo', 'a', 'uplink.100', 'exactly15bytes_', 'br-lan', 'é', '𝄞𝄞𝄞'])('finds none with "%s"', (name) => {
    expect(ifnameProblem(name)).toBeUndefined()
  })

  it.each([
    ['', 'is empty'],
    ['sixteen_bytes_ab', 'is 16 bytes long; the kernel takes at most 15'],
    ['éééééééé', 'is 16 bytes long'],
    ['.', 'name of a folder'],
    ['..', 'name of a folder'],
    ['a/b', '"/"'],
    ['eth0:1', '":"'],
    ['my eth', 'space'],
    ['a\tb', 'space'],
    ['à', 'the byte 0xa0'],
    ['a\u0000', 'control character'],
    ['eth%d', '"%"'],
    ['all', 'net.ipv4.conf.all'],
    ['default', 'net.ipv4.conf.default'],
  ])('says of "%s" that it %s', (name, words) => {
    expect(ifnameProblem(name)).toContain(words)
  })
})

describe('shortIfname', () => {
  it.each([
    ['h1', 'eth0', 'h1.eth0'],
    ['server-12', 'wan_1', 'server-12.wan_1'],
    ['web.example', 'e0', 'web.example.e0'],
  ])('keeps %s and %s readable', (node, ifname, expected) => {
    expect(shortIfname(node, ifname)).toBe(expected)
  })

  it.each([
    ['distribution-switch-1', 'eth0', /^distri~[0-9a-z]{8}$/],
    ['h1', 'é', /^h1~[0-9a-z]{8}$/],
    ['h1', 'eth0.100', /^h1~[0-9a-z]{8}$/],
    ['a.very.long.name.indeed', 'eth0', /^averyl~[0-9a-z]{8}$/],
  ])('shortens %s and %s', (node, ifname, expected) => {
    expect(shortIfname(node, ifname)).toMatch(expected)
  })

  it('gives names that the kernel takes', () => {
    for (const node of ['h1', 'x'.repeat(63), '1', 'a.b.c']) {
      for (const ifname of ['eth0', 'é', 'a%', 'fifteen_bytes_1', '..a']) expect(ifnameProblem(shortIfname(node, ifname))).toBeUndefined()
    }
  })

  it('tells a.b:c from a:b.c', () => {
    expect(shortIfname('a.b', 'c')).not.toBe(shortIfname('a', 'b.c'))
  })

  it('differs for each of 20,000 ends', () => {
    const names = new Set<string>()
    for (let node = 0; node < 5000; node++)
      for (let link = 0; link < 4; link++) names.add(shortIfname(`distribution-${node}`, `eth${link}`))
    expect(names.size).toBe(20_000)
  })
})
