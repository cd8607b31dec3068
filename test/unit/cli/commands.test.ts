// Each command against a fake library: what it asks for, what it prints where, and its exit code.
import { describe, expect, it } from 'vitest'
import type { Library } from '../../../src/cli/library.ts'
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts'
import { DiagnosticError } from '../../../src/diagnostic/diagnostic.ts'
import type { Operation, Plan } from '../../../src/plan/operation.ts'
import type { NamespaceState } from '../../../src/state/network.ts'
import { parseNetwork } from '../../support/network.ts'
import { libraryOf, netlab } from './fake-context.ts'

const origin = { file: '/lab/t.yaml', line: 1, column: 1, length: 5 }
const warning: Diagnostic = { code: 'INVALID_VALUE', severity: 'warning', detail: 'It is odd.', origin }
const error: Diagnostic = { code: 'INVALID_VALUE', severity: 'error', detail: 'It is wrong.', origin }
const sources = new Map([['/lab/t.yaml', 'nodes: {}\n']])
const operation: Operation = {
  type: 'set sysctl',
  netns: 'h1',
  name: 'net.ipv4.ip_forward',
  value: '1',
  cause: 'is 0, the file says 1',
  origin,
}
const plan: Plan = { lab: 'dmz', operations: [operation] }

const planJson: Library['planJson'] = async ({ lab, operations }) => ({
  version: 1,
  lab,
  operations: operations.map(({ type, netns, cause }) => ({ type, netns, effect: 'change', text: '', cause, sameAs: '', detail: {} })),
})

type Planned = Awaited<ReturnType<Library['plan']>>

describe('up', () => {
  const up =
    (operations: readonly Operation[] = [operation], seen: object[] = []): Library['up'] =>
    async (source, options) => {
      seen.push({ source, name: options?.name, recreate: options?.recreate })
      options?.onEvent?.({ type: 'stage', stage: 'apply' })
      options?.onEvent?.({ type: 'progress', done: 1, total: 1 })
      options?.onEvent?.({ type: 'done', lab: 'dmz', operations: 1, elapsedMs: 5 })
      return { name: 'dmz', plan: { lab: 'dmz', operations }, warnings: [warning], sources, elapsedMs: 1234 }
    }

  it('says on stderr what was done, warnings first', async () => {
    const { code, stdout, stderr } = await netlab(['up', 't.yaml'], { cwd: '/lab', library: { up: up() } })
    expect({ code, stdout }).toEqual({ code: 0, stdout: '' })
    expect(stderr).toMatch(/warning\[INVALID_VALUE\][^]*1 \| nodes: \{\}[^]*dmz is up: 1 operation in 1\.23 s\.\n$/)
  })

  it('says when nothing was to do', async () => {
    expect((await netlab(['up', 't.yaml'], { library: { up: up([]) } })).stderr).toContain('nothing to do')
  })

  it('hands on its options, with the path made absolute', async () => {
    const seen: object[] = []
    await netlab(['up', 't.yaml', '--name', 'second', '--recreate'], { cwd: '/lab', library: { up: up([], seen) } })
    expect(seen).toEqual([{ source: '/lab/t.yaml', name: 'second', recreate: true }])
  })

  it('without a file repairs the only lab under its own name', async () => {
    const seen: object[] = []
    await netlab(['up'], { library: { ...libraryOf({ name: 'second', file: '/lab/t.yaml' }), up: up([], seen) } })
    expect(seen).toEqual([{ source: '/lab/t.yaml', name: 'second', recreate: undefined }])
  })

  it('--json prints one event a line', async () => {
    const { stdout } = await netlab(['up', 't.yaml', '--json'], { library: { up: up() } })
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as object)
    expect(events).toEqual([
      { type: 'stage', stage: 'apply' },
      { type: 'progress', done: 1, total: 1 },
      { type: 'done', lab: 'dmz', operations: 1, elapsedMs: 1234, warnings: [expect.objectContaining({ detail: 'It is odd.' })] },
    ])
  })

  it('draws progress on a terminal and takes it away', async () => {
    const { stderr } = await netlab(['up', 't.yaml'], { library: { up: up() }, isTerminal: true })
    expect(stderr).toContain('\r\u001b[Kt.yaml: apply')
    expect(stderr).toMatch(/\r\u001b\[Kwarning/)
  })
})

describe('plan', () => {
  const library: Partial<Library> = {
    plan: async () => ({ plan, isRunning: false, ready: { diagnostics: [warning], sources } }) as unknown as Planned,
    formatPlanText: async () => 'as text\n',
    formatPlanShell: async () => 'as shell\n',
    planJson,
  }

  it.each([
    [['plan', 't.yaml'], 'as text\n'],
    [['plan', 't.yaml', '--format', 'sh'], 'as shell\n'],
    [['up', 't.yaml', '--dry-run'], 'as text\n'],
  ])('%j prints the plan on stdout and its warnings on stderr', async (argv, text) => {
    const outcome = await netlab(argv, { cwd: '/lab', library })
    expect(outcome).toMatchObject({ code: 0, stdout: text })
    expect(outcome.stderr).toContain('It is odd.')
  })

  it.each([[['plan', 't.yaml', '--json']], [['plan', 't.yaml', '--format', 'json']], [['up', 't.yaml', '-n', '--json']]])(
    '%j prints JSON',
    async (argv) => {
      const { stdout, stderr } = await netlab(argv, { library })
      expect(stderr).toBe('')
      expect(JSON.parse(stdout)).toMatchObject({
        lab: 'dmz',
        isRunning: false,
        operations: [{ type: 'set sysctl' }],
        warnings: [{ detail: 'It is odd.' }],
      })
    },
  )

  it('names the formats when it does not know one', async () => {
    expect((await netlab(['plan', 't.yaml', '--format', 'xml'], { library })).stderr).toContain('Allowed choices are text, json, sh.')
  })
})

describe('down', () => {
  const down: Library['down'] = async (lab) => {
    if (lab === 'busy') throw new DiagnosticError('refusal', [{ code: 'LAB_BUSY', severity: 'error', detail: 'Somebody is at it.' }])
    return { lab, wasDead: lab === 'dead', warnings: [], elapsedMs: 20 }
  }

  it('takes down the only lab', async () => {
    expect(await netlab(['down'], { library: { ...libraryOf({ name: 'dmz' }), down } })).toEqual({
      code: 0,
      stdout: '',
      stderr: 'dmz is down (0.02 s).\n',
    })
  })

  it('--all goes on after a refusal and tells it at the end', async () => {
    const library = { ...libraryOf({ name: 'a' }, { name: 'busy' }, { name: 'dead' }), down }
    const { code, stderr } = await netlab(['down', '--all'], { library })
    expect(code).toBe(3)
    expect(stderr).toMatch(/^a is down[^]*dead was dead; what was left of it is gone[^]*Somebody is at it/)
  })

  it('--force takes no offence at a lab that is not there', async () => {
    expect(await netlab(['down', 'dmz'], { library: libraryOf() })).toMatchObject({ code: 2 })
    expect(await netlab(['down', 'dmz', '--force'], { library: libraryOf() })).toMatchObject({
      code: 0,
      stderr: 'There is no lab "dmz".\n',
    })
  })

  it('--json prints what was taken down', async () => {
    const { stdout } = await netlab(['down', '--json'], { library: { ...libraryOf({ name: 'dmz' }), down } })
    expect(JSON.parse(stdout)).toEqual([{ lab: 'dmz', wasDead: false, elapsedMs: 20, warnings: [] }])
  })

  it('--all beside a name is a mistake', async () => {
    expect(await netlab(['down', 'dmz', '--all'], { library: libraryOf() })).toMatchObject({ code: 2 })
  })
})

describe('validate', () => {
  const validated = (diagnostics: readonly Diagnostic[]): Partial<Library> => ({
    validate: async () => ({ diagnostics, sources }) as unknown as Awaited<ReturnType<Library['validate']>>,
  })

  it.each([
    [[error, warning], 2],
    [[warning], 0],
    [[], 0],
  ])('case %#: exit code', async (diagnostics, code) => {
    expect(await netlab(['validate', 't.yaml'], { cwd: '/lab', library: validated(diagnostics) })).toMatchObject({ code, stdout: '' })
  })

  it('--json prints all findings on stdout', async () => {
    const { code, stdout } = await netlab(['validate', 't.yaml', '--json'], { library: validated([error, warning]) })
    expect(code).toBe(2)
    expect(JSON.parse(stdout)).toMatchObject({ errors: 1, warnings: 1 })
  })

  it('--format sarif prints SARIF', async () => {
    const { stdout } = await netlab(['validate', 't.yaml', '--format', 'sarif'], { cwd: '/lab', library: validated([error]) })
    expect(JSON.parse(stdout)).toMatchObject({ version: '2.1.0', runs: [{ results: [{ ruleId: 'INVALID_VALUE' }] }] })
  })
})

describe('ls', () => {
  const library = libraryOf({ name: 'dmz', file: '/lab/t.yaml', nodes: ['h1', 'h2'] }, { name: 'a' })

  it('prints a table', async () => {
    expect((await netlab(['ls'], { cwd: '/lab', library })).stdout).toBe(
      [
        'LAB  STATE  NODES  SINCE                 FILE\n',
        'dmz  up     2      2025-01-02T03:04:05Z  t.yaml\n',
        'a    up     0      2025-01-02T03:04:05Z  -\n',
      ].join(''),
    )
  })

  it('--quiet prints names', async () => {
    expect((await netlab(['ls', '-q'], { library })).stdout).toBe('dmz\na\n')
  })

  it('--json prints an empty list where there is none', async () => {
    expect((await netlab(['ls', '--json'], { library: libraryOf() })).stdout).toBe('[]\n')
  })
})

describe('inspect', () => {
  const state: NamespaceState = {
    kind: 'node',
    hostname: 'h1',
    mounts: new Map(),
    links: new Map([
      ['lo', { kind: 'loopback', up: true, mtu: 65536 }],
      ['eth0', { kind: 'veth', up: true, mtu: 1500, lladdr: '02:00:00:00:00:01', peer: { netns: 'fw', ifname: 'eth1' } }],
    ]),
    qdiscs: new Map(),
    addrs: new Map([['eth0 10.0.0.1/24', { ifname: 'eth0', family: 4, local: '10.0.0.1', prefixlen: 24 }]]),
    routes: new Map([
      [
        'x',
        {
          family: 4,
          type: 'unicast',
          dst: '0.0.0.0/0',
          table: 254,
          metric: 0,
          nexthops: [{ via: '10.0.0.254', dev: 'eth0', weight: 1, onlink: false }],
        },
      ],
    ]),
    rules: new Map([
      ['y', { family: 4, priority: 10, action: 'lookup', table: 100, not: false, src: '10.0.0.0/24', fwmark: 1, fwmask: 255 }],
    ]),
    neighs: new Map(),
    sysctls: new Map(),
    files: new Map(),
    rulesets: new Map(),
    setup: [],
    services: new Map(),
  }
  const library: Partial<Library> = {
    ...libraryOf({ name: 'dmz', nodes: ['h1', 'fw'] }),
    inspect: async (name) => {
      const record = await libraryOf({ name: 'dmz', nodes: ['h1', 'fw'] }).readRecord?.(name)
      const namespace = (node: string, pids: readonly number[]) => ({
        name: node,
        inodes: { net: 4026532001, uts: 4026532002 },
        pids,
        state,
      })
      return { record, namespaces: [namespace('h1', [12, 13]), namespace('fw', [])] } as unknown as Awaited<ReturnType<Library['inspect']>>
    },
    drift: async () => [operation],
    formatPlanText: async ({ operations }) => `${operations.length} of them\n`,
    planJson,
  }

  it('shows namespaces, interfaces, routes and rules', async () => {
    const { code, stdout } = await netlab(['inspect'], { library })
    expect(code).toBe(0)
    expect(stdout).toContain('dmz: 2 nodes, up since 2025-01-02T03:04:05.678Z, holder 7')
    expect(stdout).toContain('h1  net 4026532001, uts 4026532002, pids 12 13')
    expect(stdout).toMatch(/│ eth0 │ UP +│ 1500 +│ 02:00:00:00:00:01 │ fw:eth1 │ 10\.0\.0\.1\/24 │/)
    expect(stdout).toContain('route  default via 10.0.0.254 dev eth0\n')
    expect(stdout).toContain('rule   priority 10 from 10.0.0.0/24')
  })

  it('calls the far end of a cable by the name of its bridge', async () => {
    const { namespaces } = parseNetwork(`
h1: { links: { eth0: veth @fabric/h1.eth0, eth1: veth sw/p } }
sw: { kind: bridge, links: { sw: bridge, p: veth h1/eth1 master sw } }
'@fabric': { links: { campu~x: bridge alias campus-backbone-1, h1.eth0: veth h1/eth0 master campu~x } }`)
    const inspect: Library['inspect'] = async (name) => ({
      record: (await libraryOf({ name, nodes: ['h1'] }).readRecord?.(name))!,
      namespaces: [...namespaces].map(([netns, own]) => ({ name: netns, inodes: { net: 1 }, pids: [], state: own })),
    })
    const withBridges = { library: { ...library, inspect } }
    const { stdout } = await netlab(['inspect'], withBridges)
    expect(stdout).toMatch(/│ eth0 .* │ campus-backbone-1 │/)
    expect(stdout).toMatch(/│ eth1 .* │ sw +│/)
    expect(stdout).toMatch(/│ campu~x .* │ bridge campus-backbone-1 │/)
    expect(JSON.parse((await netlab(['inspect', 'h1', '--json'], withBridges)).stdout)).toMatchObject({
      namespaces: [{ links: [{ ifname: 'lo' }, { bridge: 'campus-backbone-1' }, { bridge: 'sw' }] }],
    })
  })

  it('shows one node, or one interface', async () => {
    expect((await netlab(['inspect', 'h1', '--json'], { library })).stdout).not.toContain('"name": "fw"')
    const { stdout } = await netlab(['inspect', 'dmz', 'h1:eth0', '--json'], { library })
    expect(JSON.parse(stdout)).toMatchObject({ lab: 'dmz', namespaces: [{ name: 'h1', links: [{ ifname: 'eth0' }] }] })
  })

  it.each([
    [['inspect', 'dmz', 'h7'], 'There is no node or bridge "h7" in the lab. Did you mean "h1"?'],
    [['inspect', 'h1:eth9'], 'h1 has no interface "eth9". Did you mean "eth0"?'],
    [['inspect', 'dmx'], 'There is no lab "dmx". Did you mean "dmz"?'],
  ])('%j is a mistake', async (argv, words) => {
    const { code, stderr } = await netlab(argv, { library })
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })

  it('--drift shows what would undo it', async () => {
    expect(await netlab(['inspect', '--drift'], { library })).toEqual({ code: 0, stdout: '1 of them\n', stderr: '' })
    expect((await netlab(['inspect', 'fw', '--drift'], { library })).stdout).toBe('dmz is as its file said.\n')
    expect(JSON.parse((await netlab(['inspect', '--drift', '--json'], { library })).stdout)).toMatchObject({
      lab: 'dmz',
      operations: [{ netns: 'h1' }],
    })
  })
})

describe('doctor', () => {
  const doctor = (isNeeded: boolean): Partial<Library> => ({
    doctor: async () => [
      { group: 'namespace', name: 'net', ok: true, isNeeded: true, words: 'made and entered' },
      { group: 'queueing discipline', name: 'netem', ok: false, isNeeded, words: 'ENOENT', remedy: 'modprobe sch_netem' },
    ],
  })

  it('shows what works and the remedy of what does not', async () => {
    const { code, stdout } = await netlab(['doctor'], { library: doctor(false) })
    expect(code).toBe(0)
    expect(stdout).toBe(
      'namespace\n  ✓ net    made and entered\n\nqueueing discipline\n  ✗ netem  ENOENT\n           modprobe sch_netem\n\n1 of 2 do not work here.\n',
    )
  })

  it('exits with 3 when no lab can run', async () => {
    expect(await netlab(['doctor'], { library: doctor(true) })).toMatchObject({ code: 3 })
  })
})

describe('prune', () => {
  const pruning = (...paths: string[]): Partial<Library> => ({ pruneImages: async () => paths })

  it('names what it has removed', async () => {
    const { code, stderr } = await netlab(['prune'], { library: pruning('/cache/a') })
    expect([code, stderr]).toEqual([0, expect.stringMatching(/^removed .*cache\/a\n$/)])
    expect((await netlab(['prune', '--json'], { library: pruning('/cache/a') })).stdout).toContain('"/cache/a"')
  })

  it('says so when there is nothing to remove', async () => {
    expect(await netlab(['prune'], { library: pruning() })).toEqual({ code: 0, stdout: '', stderr: 'There is nothing to remove.\n' })
  })
})

describe('schema', () => {
  it('prints the schema', async () => {
    expect(await netlab(['schema'], { library: { schemaText: async () => '{}\n' } })).toEqual({ code: 0, stdout: '{}\n', stderr: '' })
  })
})
