/** What the kernel or a tool refuses must be told with its line and its own words, and must leave nothing behind. */
import { existsSync } from 'node:fs'
import { beforeEach, describe, expect, test as onShared } from 'vitest'
import type { Diagnostic } from '../../src/index.ts'
import { dumpNodes } from '../support/kernel-dump.ts'
import { diagnosticOf, sharedLab, test } from '../support/live-lab.ts'
import { missingRequirement } from '../support/needs.ts'

/** A lab of two nodes, `more` being what h1 is given beside its link. */
const labWith = (more: string) => `nodes:
  h1:
${more}
  h2: {}
links:
  - { endpoints: [h1, h2], subnet: [10.0.0.0/24, "fd00::/64"] }
`

interface Case {
  readonly title: string
  readonly more: string
  readonly kind: 'finding' | 'refusal'
  readonly code: Diagnostic['code']
  /** Where it stands in the file that `labWith` makes. */
  readonly line: number
  readonly facts: Readonly<Record<string, RegExp>>
}

const CASES: readonly Case[] = [
  {
    title: 'a value that a sysctl does not take',
    more: '    sysctls:\n      net.ipv4.ip_default_ttl: 300',
    kind: 'refusal',
    code: 'KERNEL_REFUSED',
    line: 4,
    facts: { doing: /set sysctl net\.ipv4\.ip_default_ttl/, kernel: /^EINVAL/, 'same as': /ip_default_ttl=300/ },
  },
  {
    title: 'a route that the kernel has by itself',
    more: '    routes:\n      - 10.9.0.0/16 via 10.0.0.2\n      - 10.0.0.1/32 dev eth0 table local',
    kind: 'refusal',
    code: 'KERNEL_REFUSED',
    line: 5,
    facts: {
      doing: /add route 10\.0\.0\.1\/32/,
      kernel: /^EEXIST/,
      'same as': /ip .*route add 10\.0\.0\.1\/32 dev eth0 table (local|255)/,
    },
  },
  {
    title: 'a setup command that fails',
    more: '    setup:\n      - "true"\n      - echo to-out; echo to-err >&2; exit 3',
    kind: 'refusal',
    code: 'SETUP_FAILED',
    line: 5,
    facts: { doing: /run sh -c/, output: /to-(out|err)/, 'same as': /exit 3/ },
  },
  {
    title: 'an iptables rule that no iptables knows',
    more: '    iptables:\n      - -A INPUT -j ACCEPT\n      - -A INPUT -m nosuchmatch -j DROP',
    kind: 'finding',
    code: 'RULE_REFUSED',
    line: 5,
    facts: { 'iptables-restore': /nosuchmatch/ },
  },
  {
    title: 'an nftables ruleset with a slip',
    more: '    nftables: |\n      table inet t {\n        chain c { nosuchword; }\n      }',
    kind: 'finding',
    code: 'RULE_REFUSED',
    line: 5,
    facts: { nft: /syntax error|nosuchword/ },
  },
  {
    title: 'a file below one that is no directory',
    more: '    files:\n      /etc/motd: ok\n      /etc/passwd/below: no',
    kind: 'refusal',
    code: 'KERNEL_REFUSED',
    line: 5,
    facts: { doing: /write file \/etc\/passwd\/below/, kernel: /^(ENOTDIR|EEXIST)/ },
  },
]

const isHere = ({ code, facts }: Case) =>
  code !== 'RULE_REFUSED' || missingRequirement('nft' in facts ? 'table:nft' : 'table:iptables') === undefined

const known = CASES.filter(isHere)

function expectDiagnostic(found: Diagnostic, { code, line, facts }: Case, file: string): void {
  expect(found).toMatchObject({ code, severity: 'error', origin: { file, line } })
  for (const [key, words] of Object.entries(facts)) {
    expect(
      (found.facts ?? [])
        .filter(([name]) => name === key)
        .map(([, value]) => value)
        .join('\n'),
      `the fact "${key}"`,
    ).toMatch(words)
  }
}

describe('a fresh lab', () => {
  test.for(known)('$title must be told, and nothing of the lab be left', async (refused, { lab }) => {
    const error = await lab.refusal(labWith(refused.more))
    expect(error.kind).toBe(refused.kind)
    const found = diagnosticOf(error, refused.code)
    expectDiagnostic(found, refused, `${lab.folder}/lab.yaml`)
    if (refused.kind === 'refusal') expect(found.detail).toContain('Nothing of this lab is left.')
    expect(existsSync(lab.directory)).toBe(false)
    expect(existsSync(`/run/netns/${lab.name}.h1`)).toBe(false)
  })
})

describe('a running lab', () => {
  const FIRST = labWith(
    '    routes: [10.7.0.0/16 via 10.0.0.2]\n    sysctls: { net.ipv4.ip_default_ttl: 77 }\n    files: { /etc/motd: before }',
  )
  const FILES = ['/etc/motd', '/etc/netlab-test/new', '/proc/sys/net/ipv4/ip_default_ttl', '/proc/sys/net/ipv4/conf/all/forwarding']
  const lab = sharedLab(FIRST)

  // Whatever the test before has left.
  beforeEach(() => lab.up(FIRST))

  // Setup commands run where a node is new, and h1 is not.
  const atOnce = known.filter(({ code }) => code !== 'SETUP_FAILED')

  onShared.for(atOnce)('$title must be told, and all be as before', async (refused) => {
    const before = await dumpNodes(lab, ['h1', 'h2'], FILES)
    // Much else changes, too: what was done of it has to be taken back.
    const changed = labWith(`${refused.more}\n    forwarding: true\n    loopback: 10.255.0.1`)
      .replace('  h2: {}', '  h2: { routes: [10.6.0.0/16 via 10.0.0.1], files: { /etc/netlab-test/new: new } }\n  h3: {}')
      .concat('  - { endpoints: [h2, h3], subnet: 10.0.3.0/24, mtu: 1400 }\n')
    const error = await lab.refusal(changed)
    expect(error.kind).toBe(refused.kind)
    expectDiagnostic(diagnosticOf(error, refused.code), refused, `${lab.folder}/lab.yaml`)
    if (refused.kind === 'refusal') expect(error.message).toMatch(/is undone: the lab is as it was|Nothing was changed/)
    expect(await dumpNodes(lab, ['h1', 'h2'], FILES)).toEqual(before)
    expect((await lab.drift()).length).toBe(0)
    expect((await lab.up(FIRST)).plan.operations).toEqual([])
  })

  onShared('a setup command of a new node that fails must be told, and all be as before', async () => {
    const before = await dumpNodes(lab, ['h1', 'h2'], FILES)
    const file =
      FIRST.replace('  h2: {}', '  h2: { forwarding: true }\n  h3:\n    setup: [exit 7]') +
      '  - { endpoints: [h2, h3], subnet: 10.0.3.0/24 }\n'
    const error = await lab.refusal(file)
    expect(diagnosticOf(error, 'SETUP_FAILED')).toMatchObject({
      detail: expect.stringContaining('status 7') as unknown,
      origin: { line: 8 },
    })
    expect(await dumpNodes(lab, ['h1', 'h2'], FILES)).toEqual(before)
    expect((await lab.up(FIRST)).plan.operations).toEqual([])
  })
})
