/**
 * The labs of topologies/: each must come up without a word, connect what its table here says and nothing else, need no second
 * `up`, and do what the commands in its own comment promise.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { plan, up, validate, type Lab } from '../../src/index.ts'
import { labDirectory } from '../../src/lab/directory.ts'
import { promisesOf, type Promised } from '../support/comment-commands.ts'
import { needs, type Requirement } from '../support/needs.ts'
import { probeTcp, serveTcp, type TcpAnswer } from '../support/tcp-probe.ts'

const folder = fileURLToPath(new URL('../../topologies', import.meta.url))

/** From which node to which name or address, and whether an answer must come back. */
type Ping = readonly [from: string, to: string, outcome: 'answers' | 'is silent', family?: 4 | 6]

interface Case {
  readonly pings: readonly Ping[]
  /** Connections, while `server` has a listener on port 80. */
  readonly tcp?: {
    readonly server: string
    readonly probes: readonly (readonly [from: string, to: string, port: number, answer: TcpAnswer])[]
  }
  readonly needs?: readonly Requirement[]
}

const CASES: Readonly<Record<string, Case>> = {
  'two-hosts': {
    pings: [
      ['h1', 'h2', 'answers'],
      ['h2', 'h1', 'answers'],
    ],
  },
  lan: {
    pings: [
      ['h1', 'h4', 'answers'],
      ['h3', 'h2', 'answers'],
      ['h1', '10.0.1.9', 'is silent'],
    ],
  },
  'two-lans': {
    pings: [
      ['h1', 'h2', 'answers'],
      ['h1', 'h3', 'answers'],
      ['h4', 'h2', 'answers'],
      ['h1', '10.0.2.254', 'answers'],
      ['h1', '10.0.3.1', 'is silent'],
    ],
  },
  chain: {
    pings: [
      ['h1', 'h2', 'answers'],
      ['h2', 'h1', 'answers'],
      ['r1', '10.0.4.1', 'answers'],
      ['r4', '10.0.1.2', 'answers'],
    ],
  },
  'dual-stack': {
    pings: [
      ['h1', 'h3', 'answers', 4],
      ['h1', 'h3', 'answers', 6],
      ['h4', 'h2', 'answers', 4],
      ['h4', 'h2', 'answers', 6],
      ['h4', '2001:db8:3::1', 'is silent'],
    ],
  },
  'ipv6-only': {
    pings: [
      ['h1', 'h4', 'answers'],
      ['h4', 'h1', 'answers'],
      ['h1', '10.0.0.1', 'is silent'],
    ],
  },
  dmz: {
    needs: ['table:iptables'],
    pings: [
      ['h1', 'h2', 'answers'],
      ['h1', 'web', 'answers'],
      ['h1', 'outside', 'answers'],
      ['h2', '10.0.1.1', 'answers'],
      ['web', 'h1', 'is silent'],
      ['web', 'outside', 'is silent'],
      ['web', '10.0.2.1', 'is silent'],
      ['outside', '203.0.113.1', 'is silent'],
      ['outside', 'web', 'is silent'],
    ],
    tcp: {
      server: 'web',
      probes: [
        ['h1', 'web', 80, 'open'],
        ['outside', '203.0.113.1', 80, 'open'],
        ['outside', '203.0.113.1', 22, 'silent'],
        ['h1', 'outside', 80, 'closed'],
        ['web', 'h1', 80, 'silent'],
      ],
    },
  },
  'ecmp-diamond': {
    pings: [
      ['h1', 'h2', 'answers'],
      ['h2', 'h1', 'answers'],
    ],
  },
  'policy-routing': {
    pings: [
      ['office', '10.9.0.1', 'answers'],
      ['guest', '10.9.0.1', 'answers'],
      ['guest', 'office', 'is silent'],
      ['office', 'guest', 'is silent'],
    ],
  },
  'fat-tree': {
    pings: [
      ['h1-1', 'h1-2', 'answers'],
      ['h1-1', 'h1-4', 'answers'],
      ['h1-1', 'h4-4', 'answers'],
      ['h3-2', 'h2-3', 'answers'],
      ['core4', 'h1-1', 'answers'],
    ],
  },
  'routing-auto': {
    pings: [
      ['h1', 'h2', 'answers'],
      ['r2', '10.255.255.4', 'answers'],
      ['h1', '10.255.255.3', 'answers'],
      ['h1', '10.255.254.1', 'is silent'],
    ],
  },
  'ospf-ring': {
    pings: [
      ['h1', 'h2', 'answers'],
      ['h1', '10.255.255.4', 'answers'],
      ['r2', '10.0.41.1', 'answers'],
      ['h1', '10.255.255.9', 'is silent'],
    ],
    needs: ['command:/usr/lib/frr/ospfd', 'command:vtysh', 'command:python3'],
  },
  vlans: {
    needs: ['link:vlan', 'link:bridge-vlan'],
    pings: [
      ['sales1', 'sales2', 'answers'],
      ['dev2', 'dev1', 'answers'],
      ['sales2', 'dev1', 'answers'],
      ['guest1', 'sales1', 'is silent'],
      ['guest1', '10.0.30.9', 'is silent'],
    ],
  },
  vrf: {
    needs: ['link:vrf'],
    pings: [
      ['red1', '10.2.0.2', 'answers'],
      ['blue2', '10.1.0.2', 'answers'],
      ['pe', '10.1.0.2', 'is silent'],
    ],
  },
  bond: {
    needs: ['link:bond'],
    pings: [
      ['client', 'server', 'answers'],
      ['server', 'client', 'answers'],
    ],
  },
  overlay: {
    needs: ['link:vxlan', 'link:gre'],
    pings: [
      ['h1', 'h2', 'answers'],
      ['v1', '172.16.0.2', 'answers'],
      ['core', '10.7.0.1', 'is silent'],
    ],
  },
  wireguard: {
    needs: ['link:wireguard'],
    pings: [
      ['pc1', 'pc2', 'answers'],
      ['laptop', 'pc1', 'answers'],
      ['laptop', 'pc2', 'is silent'],
      ['isp', 'pc1', 'is silent'],
    ],
  },
  'slow-line': {
    needs: ['sched:tbf'],
    pings: [
      ['pc', 'server', 'answers'],
      ['server', 'pc', 'answers'],
      ['isp', '10.1.0.1', 'answers'],
    ],
  },
  'switch-with-address': {
    pings: [
      ['h1', 'h2', 'answers'],
      ['h2', 'h3', 'answers'],
      ['h1', 'sw3', 'answers'],
      ['sw3', '10.0.1.3', 'answers'],
    ],
  },
}

test('every lab has its table here', () => {
  expect(readdirSync(folder).filter((name) => name.endsWith('.yaml'))).toEqual(
    Object.keys(CASES)
      .map((name) => `${name}.yaml`)
      .sort(),
  )
})

test.for(Object.entries(CASES))('%s must do what it promises', { timeout: 120_000 }, async ([name, lab], context) => {
  needs(
    context,
    'command:ip',
    'command:ping',
    'command:sysctl',
    ...(process.getuid?.() === 0 ? [] : (['userns'] as const)),
    ...(lab.needs ?? []),
  )
  const file = join(folder, `${name}.yaml`)
  expect((await validate(file)).diagnostics).toEqual([])
  const labName = `t${process.pid}-${name}`
  {
    const { plan: planned } = await plan(file, { name: labName })
    await using running = await up(file, { name: labName })
    expect(running.report.plan).toEqual(planned)
    expect(running.report.warnings).toEqual([])
    await Promise.all(lab.pings.map((ping) => expectPing(running, ping)))
    if (lab.tcp !== undefined) await expectTcp(running, lab.tcp)
    expect((await running.plan()).operations).toEqual([])
    expect((await up(file, { name: labName })).report.plan.operations).toEqual([])
    for (const promised of promisesOf(readFileSync(file, 'utf8'))) await expectPromise(running, file, promised)
  }
  expect(existsSync(labDirectory(labName))).toBe(false)
})

/** A spanning tree takes 4 s here until its ports forward. */
const LIMIT_MS = 15_000

async function expectPing(lab: Lab, [from, to, outcome, family]: Ping): Promise<void> {
  const argv = ['ping', ...(family === undefined ? [] : [`-${family}`]), '-c', '1', '-W', '1', to]
  const ping = async (): Promise<string> => {
    const { status, stdout, stderr } = await lab.node(from).exec(argv)
    // 1: no answer, or an ICMP error. 2: there is no route at all, which is as silent.
    return status === 0 ? 'answers' : status <= 2 ? 'is silent' : `${stdout}${stderr}`
  }
  const what = `${from} pings ${to}: ${to}`
  if (outcome === 'is silent') expect(`${what} ${await ping()}`).toBe(`${what} ${outcome}`)
  else await expect.poll(async () => `${what} ${await ping()}`, { timeout: LIMIT_MS }).toBe(`${what} ${outcome}`)
}

async function expectTcp(lab: Lab, { server, probes }: NonNullable<Case['tcp']>): Promise<void> {
  const stop = await serveTcp(lab.node(server), 80)
  try {
    for (const [from, to, port, answer] of probes) {
      const what = `${from} to ${to}:${port} is`
      expect(`${what} ${await probeTcp(lab.node(from), to, port)}`).toBe(`${what} ${answer}`)
    }
  } finally {
    await stop()
  }
}

async function expectPromise(lab: Lab, file: string, { command, nodes, script, isUp, words }: Promised): Promise<void> {
  if (isUp) await up(file, { name: lab.name })
  for (const node of nodes) {
    const { status, stdout, stderr } = await lab.node(node).exec(['sh', '-c', script])
    const said = `${command}\n${stdout}${stderr}(status ${status})`
    if (words.startsWith('no answer')) expect(status, said).not.toBe(0)
    else expect(status, said).toBe(0)
    if (/\d received/.test(words)) expect(stdout, said).toContain(' 1 received')
    const ttl = /ttl=\d+/.exec(words)?.[0]
    if (ttl !== undefined) expect(stdout, said).toContain(ttl)
  }
}
