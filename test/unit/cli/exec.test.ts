import { describe, expect, it } from 'vitest'
import type { Library } from '../../../src/cli/library.ts'
import { DiagnosticError } from '../../../src/diagnostic/diagnostic.ts'
import { libraryOf, netlab } from './fake-context.ts'

describe('exec', () => {
  const library = (): Partial<Library> => ({
    ...libraryOf({ name: 'dmz', nodes: ['h1', 'h2', 'fw'] }),
    nodeCommand: async (lab, node, argv) => {
      if (!['h1', 'h2', 'fw'].includes(node)) {
        throw new DiagnosticError('finding', [{ code: 'NODE_UNKNOWN', severity: 'error', detail: `There is no "${node}".` }])
      }
      return { file: 'nsexec', args: [lab, node, ...argv], env: {} }
    },
  })

  it('runs the command of one node with our own streams, and gives its exit code', async () => {
    const ran: unknown[] = []
    const outcome = await netlab(['exec', 'h1', '--', 'ping', '--help', '--', 'x'], {
      library: library(),
      runChild: async (command, streams) => {
        ran.push(command.args, streams)
        return 17
      },
    })
    expect(outcome).toEqual({ code: 17, stdout: '', stderr: '' })
    expect(ran).toEqual([['dmz', 'h1', 'ping', '--help', '--', 'x'], 'inherit'])
  })

  it.each([
    [['h[1-2]'], ['h1', 'h2']],
    [['fw,h1,fw'], ['fw', 'h1']],
    [['--all'], ['h1', 'h2', 'fw']],
    [
      ['dmz', '--all'],
      ['h1', 'h2', 'fw'],
    ],
  ])('%j runs it side by side, each line under its node', async (argv, nodes) => {
    const outcome = await netlab(['exec', ...argv, '--', 'true'], {
      library: library(),
      runChild: async ({ args }, streams) => {
        if (streams === 'inherit' || !('onStdout' in streams)) throw new Error('The streams of several nodes are not ours')
        streams.onStdout(`out of ${args[1] ?? ''}`)
        streams.onStderr('err')
        return args[1] === 'h2' ? 3 : 0
      },
    })
    const width = Math.max(...nodes.map((node) => node.length))
    expect(outcome.stdout).toBe(nodes.map((node) => `${node.padEnd(width)} | out of ${node}\n`).join(''))
    expect(outcome.stderr.endsWith(nodes.includes('h2') ? `Failed in 1 of ${nodes.length} nodes: h2 (3)\n` : '| err\n')).toBe(true)
    expect(outcome.code).toBe(nodes.includes('h2') ? 3 : 0)
  })

  it('tells a wrong name before anything runs', async () => {
    const outcome = await netlab(['exec', 'h1,h9', '--', 'true'], { library: library() })
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('There is no "h9".') as string })
  })

  it.each([
    ['h1 ping h2', 'h1 -- ping h2'],
    ['h1 ping -c 3 --all h2', 'h1 -- ping -c 3 --all h2'],
    ['dmz h1 ping h2', 'dmz h1 -- ping h2'],
    ['./lab.yaml h1 ping h2', './lab.yaml h1 -- ping h2'],
    ['dmz fw', 'dmz fw -- ip addr'],
    ['dmz', 'dmz h1 -- ip addr'],
    ['h1,h2 ip route', 'h1,h2 -- ip route'],
    ['--all ip -br addr', '--all -- ip -br addr'],
    ['dmz --all ip addr', 'dmz --all -- ip addr'],
    ['dmz -a', 'dmz --all -- ip addr'],
    ['', 'h1 -- ip addr'],
    ['fw --', 'fw -- ip addr'],
  ])('shows how to write "%s"', async (words, line) => {
    const options = { library: { ...library(), ...libraryOf({ name: 'dmz', file: '/lab.yaml', nodes: ['h1', 'h2', 'fw'] }) } }
    const { code, stderr } = await netlab(['exec', ...words.split(' ').filter((word) => word !== '')], options)
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(`    netlab exec ${line}\n`) as string })
  })

  it('takes the first word for the lab where a node has the same name', async () => {
    const library = libraryOf({ name: 'h1', nodes: ['h1', 'h2'] })
    expect((await netlab(['exec', 'h1', 'h2', 'true'], { library })).stderr).toContain('exec h1 h2 -- true')
    expect((await netlab(['exec', 'h1', 'true'], { library })).stderr).toContain('exec h1 -- true')
  })

  it('runs at most 64 at once', async () => {
    let now = 0
    let most = 0
    const nodes = Array.from({ length: 200 }, (_, index) => `n${index}`)
    await netlab(['exec', '--all', '--', 'true'], {
      library: { ...libraryOf({ name: 'big', nodes }), nodeCommand: async () => ({ file: '', args: [], env: {} }) },
      runChild: async () => {
        most = Math.max(most, ++now)
        await new Promise((resolve) => setImmediate(resolve))
        now--
        return 0
      },
    })
    expect(most).toBe(64)
  })
})
