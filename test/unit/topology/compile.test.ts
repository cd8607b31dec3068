import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { FABRIC } from '../../../src/state/network.ts'
import { compileTopology, labNameOf } from '../../../src/topology/compile.ts'

let folder = ''
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-topology-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

function write(name: string, text: string | Uint8Array): string {
  const file = join(folder, name)
  writeFileSync(file, text)
  return file
}

test('an object is compiled as a file would be', () => {
  const lab = compileTopology({
    nodes: { 'h[1-2]': { env: { N: 5 } } },
    bridges: { lan: { subnet: '10.0.0.0/24' } },
    links: [['h[1-2]', 'lan']],
  })
  expect(lab.diagnostics).toEqual([])
  expect(lab.file).toBeUndefined()
  expect([...(lab.desired?.namespaces.keys() ?? [])]).toEqual(['h1', 'h2', FABRIC])
  expect(lab.env.get('h2')).toEqual({ N: '5' })
  expect([...lab.sources.keys()]).toEqual(['(object)'])
})

test('in an object a mode is the number itself', () => {
  const lab = compileTopology({ nodes: { h: { files: { '/a': { content: 'x', mode: 0o600 }, '/b': { content: 'x', mode: '0755' } } } } })
  const files = lab.desired?.namespaces.get('h')?.files
  expect([files?.get('/a')?.mode, files?.get('/b')?.mode]).toEqual([0o600, 0o755])
})

test.each([
  [
    'a circle',
    (() => {
      const circle: Record<string, unknown> = { nodes: {} }
      circle['x-self'] = circle
      return circle
    })(),
    'YAML_SYNTAX',
  ],
  ['a function', { nodes: () => 5 }, 'WRONG_TYPE'],
  ['a list', [], 'WRONG_TYPE'],
])('%s as an object is a finding', (_, source, code) => {
  expect(compileTopology(source).diagnostics[0]?.code).toBe(code)
})

test.each([
  ['two-hosts.yaml', 'nodes: { h1: }', 'two-hosts'],
  ['My lab.v2.yml', 'nodes: { h1: }', 'My-lab-v2'],
  ['ö.yaml', 'nodes: { h1: }', 'lab'],
  ['named.yaml', 'name: dmz\nnodes: { h1: }', 'dmz'],
  ['broken.yaml', 'name: dmz\nnodes: [', 'broken'],
  ['wrong.yaml', 'name: dmz\nnodes: 5', 'dmz'],
])('the lab of %s', (file, text, name) => {
  const path = write(file, text)
  expect(labNameOf(path)).toBe(name)
  expect(compileTopology(path).name).toBe(name)
  expect(compileTopology(path, { name: 'other' }).name).toBe('other')
})

test('a name that no lab can have is a finding', () => {
  expect(compileTopology({ nodes: {} }, { name: '../x' }).diagnostics[0]?.code).toBe('INVALID_NAME')
})

test.each([
  ['no such file', () => join(folder, 'missing.yaml'), 'FILE_UNREADABLE'],
  ['a folder', () => folder, 'FILE_UNREADABLE'],
  ['a device without end', () => '/dev/zero', 'FILE_TOO_LARGE'],
  ['100 MB', () => write('large.yaml', Buffer.alloc(100_000_000, 'a')), 'FILE_TOO_LARGE'],
  ['UTF-16', () => write('utf16.yaml', Buffer.from('\ufeffnodes: {}', 'utf16le')), 'FILE_NOT_UTF8'],
  ['nothing', () => write('empty.yaml', ''), 'FILE_EMPTY'],
])('%s', (_, source, code) => {
  const lab = compileTopology(source())
  expect(lab.diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code])
  expect(lab.diagnostics[0]?.origin).toBeDefined()
  expect(lab.desired).toBeUndefined()
})

test('1,024 ports are one too many', () => {
  const lab = compileTopology({ nodes: { 'h[1-1024]': {} }, bridges: { sw: {} }, links: [['h[1-1024]', 'sw']] })
  expect(lab.diagnostics.map(({ code }) => code)).toEqual(['TOO_MANY_PORTS'])
})

test.each([
  [
    'a section that is no map',
    { nodes: ['a', 'b'], profiles: ['r'], links: [['a', 'b']], bridges: { lan: {} } },
    ['WRONG_TYPE', 'WRONG_TYPE'],
  ],
  [
    'a file that is not there',
    { include: 'none.yaml', nodes: { a: { use: 'r', gateway: 'b' } }, links: [['a', 'b']] },
    ['FILE_UNREADABLE'],
  ],
])('names that may stand in %s are not unknown', (_case, source, codes) => {
  expect(compileTopology(source).diagnostics.map(({ code }) => code)).toEqual(codes)
})

test('findings end somewhere', () => {
  const lab = compileTopology({ nodes: { h: {} }, links: Array.from({ length: 1000 }, (_, index) => [`x${index}`, 'h']) })
  expect(lab.diagnostics.length).toBe(201)
  expect(lab.diagnostics.at(-1)).toMatchObject({
    code: 'TOO_MANY_FINDINGS',
    detail: '800 more findings are not shown. Fix some of those above first.',
  })
})

test('without IPv6 in the file no link of a node makes a link-local address', () => {
  const compiled = (h: object) => compileTopology({ nodes: { h, i: {} }, links: [['h', 'i']] }).desired?.namespaces.get('h')
  const mode = (h: object) => compiled(h)?.links.get('eth0')?.addrGenMode
  expect(mode({})).toBe('none')
  expect(mode({ sysctls: { 'net.ipv6.conf.all.disable_ipv6': 1 } })).toBe('none')
  expect(mode({ loopback: 'fd00::1' })).toBe('eui64')
  expect(mode({ sysctls: { 'net.ipv6.conf.all.forwarding': 1 } })).toBe('eui64')
  expect(mode({ routes: ['blackhole fd00::/8'] })).toBe('eui64')
  expect([...(compiled({ loopback: 'fd00::1' })?.sysctls.keys() ?? [])]).toContain('net.ipv6.conf.default.accept_dad')
})

test('a bridge without ports keeps its subnet from the pools', () => {
  const lab = (links: string[][]) =>
    compileTopology({ nodes: { h: {}, last: {} }, bridges: { b1: { subnet: 'fd00::/64' }, b2: { subnet: 'auto6' } }, links })
  const addrs = (links: string[][]) => [...(lab(links).desired?.namespaces.get('h')?.addrs.keys() ?? [])]
  expect(addrs([['h', 'b2']])).toEqual(
    addrs([
      ['h', 'b2'],
      ['last', 'b1'],
    ]),
  )
})

test('a bridge has no more groups than the kernel keeps of one', () => {
  const mdb = Array.from({ length: 4096 }, (_, index) => `239.1.${index >> 8}.${index & 255}`)
  const found = (...more: string[]): string[] => {
    const links = [['a', { bridge: 's', mdb: [...mdb, ...more] }]]
    return compileTopology({ nodes: { a: {} }, bridges: { s: { mcast_snooping: true } }, links }).diagnostics.map(({ detail }) => detail)
  }
  expect(found()).toEqual([])
  expect(found('239.2.0.1', '239.2.0.2')).toEqual(['s has more than 4096 groups, the most that the kernel keeps for a bridge.'])
})
