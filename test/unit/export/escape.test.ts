/** Names and texts of a file are never markup, in no format: what a picture is opened with must not run what a file holds. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { create } from 'xmlbuilder2'
import { formatPicture, PICTURE_FORMATS } from '../../../src/export/picture.ts'
import type { GraphSource } from '../../../src/export/drawn-network.ts'
import { needs } from '../../support/needs.ts'
import { parseNetwork } from '../../support/network.ts'
import { sourceOf } from '../../support/picture.ts'

const EVIL = [
  '"><script>alert(1)</script>',
  "' onload='alert(1)",
  ']]>',
  '</title>',
  '&lt;b&amp;',
  '\\" ] } digraph',
  '"]; click n0 "x"',
  '#35;',
  '-->',
]

/** Nobody's file gets such names past `validate`; a kernel in which somebody has made them might. */
function evilSource(evil: string): GraphSource {
  const plain = parseNetwork(`
h1:
  links: { eth0: veth h2/eth0 }
  addrs: [eth0 10.0.0.1/24]
h2:
  links: { eth0: veth h1/eth0 }
  addrs: [eth0 10.0.0.2/24]
`)
  const h1 = plain.namespaces.get('h1')!
  const service = { digest: 'x', definition: undefined }
  const links = new Map([...h1.links].map(([ifname, link]) => [ifname === 'eth0' ? evil : ifname, link] as const))
  const files = new Map([[evil, { mode: 0o644, sha256: '' }]])
  const h2 = plain.namespaces.get('h2')!
  const far = new Map(
    [...h2.links].map(
      ([ifname, link]) => [ifname, link.kind === 'veth' ? { ...link, peer: { netns: evil, ifname: evil } } : link] as const,
    ),
  )
  const namespaces = new Map([
    [evil, { ...h1, links, files, services: new Map([[evil, service as never]]) }],
    ['h2', { ...h2, links: far }],
  ])
  return { lab: evil, desired: { namespaces }, observed: { namespaces } }
}

const evilTexts = async (format: (typeof PICTURE_FORMATS)[number]): Promise<string[]> =>
  Promise.all(EVIL.map((evil) => formatPicture(format, evilSource(evil))))

test('SVG stays well-formed, with the elements that it always has', async () => {
  for (const svg of await evilTexts('svg')) {
    const names = new Set([...svg.matchAll(/<([a-zA-Z]+)/g)].map(([, name]) => name))
    expect([...names].sort()).toEqual(['desc', 'g', 'path', 'rect', 'style', 'svg', 'text', 'title'])
    expect(() => create(svg)).not.toThrow()
  }
})

test('an attribute of the SVG holds the name and nothing of it gets out', async () => {
  const svg = await formatPicture('svg', evilSource("' onload='alert(1)"))
  expect(svg).not.toMatch(/<[^>]* onload=(?=(?:[^"]*"[^"]*")*[^"]*>)/)
  expect(svg).toContain(`data-node="' onload='alert(1)"`)
})

test('HTML has one script, whose hash its policy knows, and data that cannot end its element', async () => {
  for (const html of await evilTexts('html')) {
    expect(html.match(/<script/g)).toHaveLength(2)
    expect(html.match(/<\/script>/g)).toHaveLength(2)
    const [, data = ''] = /<script type="application\/json" id="details">(.*?)<\/script>/s.exec(html) ?? []
    expect(data).not.toContain('<')
    expect(Object.keys((JSON.parse(data) as { nodes: object }).nodes)).toHaveLength(2)
    expect(html).toContain("default-src 'none'")
  }
})

test('Mermaid has letters and numbers in its quotes, and nothing that could end them', async () => {
  for (const text of await evilTexts('mermaid'))
    for (const [, quoted = ''] of text.matchAll(/"(.*)"/g))
      expect(quoted.replaceAll('<br>', '')).toMatch(/^(?:[A-Za-z0-9 ./:,_–→←-]|#\d+;)*$/)
})

test('DOT is read by Graphviz, and has the nodes that it should', async (context) => {
  needs(context, 'command:dot')
  for (const text of await evilTexts('dot')) {
    const { status, stdout, stderr } = spawnSync('dot', ['-Tplain'], { input: text, encoding: 'utf8' })
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout.match(/^node /gm)).toHaveLength(2)
  }
})

test('control characters become visible', async () => {
  const source = evilSource('a\u001b[31mb\u0000\u202ec')
  for (const format of PICTURE_FORMATS) expect(await formatPicture(format, source)).not.toMatch(/[\u0000-\u0008\u000b-\u001f\u202e]/)
})

test('no format tells a private key', async () => {
  const source = sourceOf(`
nodes:
  a: { interfaces: { wg0: { kind: wireguard, address: 10.9.0.1/24, peers: [b] } } }
  b: { interfaces: { wg0: { kind: wireguard, address: 10.9.0.2/24, peers: [a] } } }
links:
  - { endpoints: [a, b], subnet: 10.0.0.0/24 }
`)
  const keys = [...source.desired.namespaces.values()].flatMap(({ links }) => {
    const wg0 = links.get('wg0')
    return wg0 !== undefined && 'wireguard' in wg0 && wg0.wireguard !== undefined ? [wg0.wireguard.privateKey] : []
  })
  expect(keys).toHaveLength(2)
  for (const format of PICTURE_FORMATS) {
    const text = await formatPicture(format, source)
    expect(keys.filter((key) => text.includes(key))).toEqual([])
  }
})
