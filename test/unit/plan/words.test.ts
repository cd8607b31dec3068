import { execFileSync } from 'node:child_process'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Operation } from '../../../src/plan/operation.ts'
import { quoteAll } from '../../../src/plan/quote.ts'
import { markOf } from '../../../src/plan/mark.ts'
import { describe as wordsOf, sameAs } from '../../../src/plan/words.ts'
import { fileState, parseAddr, parseNeigh, parseNetwork, parseRoute, parseRule } from '../../support/network.ts'

const { namespaces } = parseNetwork(`
h1: { links: { eth0: veth @fabric/h1.eth0 lladdr 02:00:00:00:00:01 mtu 1400 } }
'@fabric': { links: { lan: bridge stp lladdr 02:00:00:00:00:0b, h1.eth0: veth h1/eth0 lladdr 02:00:00:00:00:02 master lan alias 'x' } }
`)
const eth0 = namespaces.get('h1')?.links.get('eth0')
const port = namespaces.get('@fabric')?.links.get('h1.eth0')
const lan = namespaces.get('@fabric')?.links.get('lan')
if (eth0?.kind !== 'veth' || port?.kind !== 'veth' || lan?.kind !== 'bridge') throw new Error('unexpected kinds')

const base = { netns: 'h1', cause: '' }
const TABLE: readonly (readonly [Operation, mark: string, words: string, same: string])[] = [
  [{ ...base, type: 'add netns', kind: 'node' }, '+', 'add netns', 'ip netns add dmz.h1'],
  [{ netns: '@fabric', cause: '', type: 'add netns', kind: 'fabric' }, '+', 'add netns for bridges', 'ip netns add dmz'],
  [{ ...base, type: 'del netns' }, '-', 'del netns', 'ip netns del dmz.h1'],
  [
    { ...base, type: 'add veth', ifname: 'eth0', link: eth0, peer: port },
    '+',
    'add link eth0 kind veth peer @fabric/h1.eth0 master lan',
    'ip -n dmz.h1 link add eth0 address 02:00:00:00:00:01 mtu 1400 numtxqueues 1 numrxqueues 1 type veth peer name h1.eth0 netns dmz address 02:00:00:00:00:02 mtu 1500 numtxqueues 1 numrxqueues 1\n' +
      "ip -n dmz link set h1.eth0 alias ''\\''x'\\''' master lan",
  ],
  [
    { netns: '@fabric', cause: '', type: 'add bridge', ifname: 'lan', link: lan },
    '+',
    'add link lan kind bridge',
    'ip -n dmz link add lan address 02:00:00:00:00:0b type bridge stp_state 1 priority 32768 ageing_time 30000 forward_delay 1500 hello_time 200 max_age 2000 mcast_snooping 0',
  ],
  [{ ...base, type: 'set link', ifname: 'eth0', set: { up: true } }, '~', 'set link eth0 up', 'ip -n dmz.h1 link set eth0 up'],
  [
    { ...base, type: 'set link', ifname: 'eth0', set: { master: null } },
    '~',
    'set link eth0 nomaster',
    'ip -n dmz.h1 link set eth0 nomaster',
  ],
  [
    { ...base, type: 'set link', ifname: 'eth0', set: { lladdr: '02:00:00:00:00:05' } },
    '~',
    'set link eth0 lladdr 02:00:00:00:00:05',
    'ip -n dmz.h1 link set eth0 address 02:00:00:00:00:05',
  ],
  [
    { ...base, type: 'set link', ifname: 'lan', set: { bridge: { stp: true } } },
    '~',
    'set link lan stp_state 1',
    'ip -n dmz.h1 link set lan type bridge stp_state 1',
  ],
  [{ ...base, type: 'del link', ifname: 'eth0', link: eth0 }, '-', 'del link eth0', 'ip -n dmz.h1 link del eth0'],
  [
    { ...base, type: 'add addr', addr: parseAddr('eth0 fd00::1/64') },
    '+',
    'add addr fd00::1/64 dev eth0',
    'ip -n dmz.h1 addr add fd00::1/64 dev eth0 nodad',
  ],
  [
    { ...base, type: 'add route', route: parseRoute('default via 10.0.0.1 dev eth0 metric 5') },
    '+',
    'add route default via 10.0.0.1 dev eth0 metric 5',
    'ip -n dmz.h1 route add default via 10.0.0.1 dev eth0 metric 5',
  ],
  [
    { ...base, type: 'del route', route: parseRoute('blackhole ::/0') },
    '-',
    'del route blackhole default',
    'ip -6 -n dmz.h1 route del blackhole default metric 1024',
  ],
  [
    { ...base, type: 'add rule', rule: parseRule('priority 7 from 10.0.0.0/8 iif eth0 lookup 100') },
    '+',
    'add rule priority 7 from 10.0.0.0/8 iif eth0 lookup 100',
    'ip -n dmz.h1 rule add priority 7 from 10.0.0.0/8 iif eth0 lookup 100',
  ],
  [
    { ...base, type: 'replace neigh', neigh: parseNeigh('10.0.0.9 dev eth0 lladdr 02:00:00:00:00:09') },
    '+',
    'set neigh 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0',
    'ip -n dmz.h1 neigh replace 10.0.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent',
  ],
  [
    { ...base, type: 'set sysctl', name: 'net.ipv4.tcp_rmem', value: '1\t2\t3' },
    '~',
    'set sysctl net.ipv4.tcp_rmem = 1\t2\t3',
    "ip netns exec dmz.h1 sysctl -qw 'net.ipv4.tcp_rmem=1\t2\t3'",
  ],
  [
    { ...base, type: 'write file', path: '/etc/motd', file: fileState('hello') },
    '+',
    'write file /etc/motd mode 0644',
    '# /etc/motd: ip netns exec shows files from /etc/netns/dmz.h1/',
  ],
  [
    { ...base, cause: 'not there', type: 'set ruleset', tool: 'iptables', input: '*filter\nEOF\nCOMMIT\n' },
    '+',
    'set iptables rules',
    "ip netns exec dmz.h1 iptables-restore <<'EOF_'\n*filter\nEOF\nCOMMIT\nEOF_",
  ],
  [
    { ...base, type: 'run setup', argv: ['sh', '-c', "echo 'a'"] },
    '+',
    "run sh -c 'echo '\\''a'\\'''",
    "ip netns exec dmz.h1 sh -c 'echo '\\''a'\\'''",
  ],
]

describe('an operation in words', () => {
  test.each(TABLE)('%# $type', (operation, mark, words, same) => {
    expect(markOf(operation)).toBe(mark)
    expect(wordsOf(operation)).toBe(words)
    expect(sameAs(operation, 'dmz')).toBe(same)
  })
})

test('sh reads quoted words back as they were', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')),
        { minLength: 1, maxLength: 20 },
      ),
      (words) => {
        const read = execFileSync('sh', ['-c', `printf '%s\\0' ${quoteAll(words)}`], { encoding: 'utf8' })
        expect(read.split('\0').slice(0, -1)).toEqual(words)
      },
    ),
    { numRuns: 50 },
  )
})
