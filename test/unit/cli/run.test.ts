import { describe, expect, it } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { Interrupted } from '../../../src/cli/context.ts'
import { DiagnosticError } from '../../../src/diagnostic/diagnostic.ts'
import { libraryOf, netlab } from './fake-context.ts'

describe('netlab', () => {
  it('alone is a mistake and shows the help as talk', async () => {
    const outcome = await netlab([])
    expect(outcome).toMatchObject({ code: 2, stdout: '' })
    expect(outcome.stderr).toContain('Usage: netlab COMMAND')
  })

  it.each([['--help'], ['-h'], ['help']])('%s lists every command in its group', async (word) => {
    const { code, stdout } = await netlab([word])
    expect(code).toBe(0)
    for (const [name, entry] of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} +${entry.summary}$`, 'm'))
    expect(stdout).toMatch(/^Labs:$/m)
  })

  it('--version prints the version alone', async () => {
    expect(await netlab(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string })
  })

  it('suggests a command', async () => {
    const { code, stderr } = await netlab(['inpsect'])
    expect(code).toBe(2)
    expect(stderr).toContain('There is no command "inpsect". Did you mean "inspect"?')
    expect(stderr).toContain('netlab --help')
  })

  it('tells an option before the command', async () => {
    expect(await netlab(['--json', 'ls'])).toMatchObject({
      code: 2,
      stdout: expect.stringContaining('There is no option \\"--json\\"') as string,
    })
  })
})

describe('every command', () => {
  it.each([...COMMANDS.keys()])('%s has a help with what it does and an example', async (name) => {
    const { code, stdout } = await netlab([name, '--help'])
    expect(code).toBe(0)
    expect(stdout).toContain(`Usage: netlab ${name}`)
    expect(stdout).toMatch(/Examples:\n {2}(?:eval "\$\()?netlab /)
    expect((await netlab(['help', name])).stdout).toBe(stdout)
  })

  it.each([...COMMANDS.keys()])('%s refuses an unknown option', async (name) => {
    const { code, stderr } = await netlab([name, '--hlep'])
    expect(code).toBe(2)
    expect(stderr).toContain('error[WRONG_USAGE]: The command line cannot be understood')
    expect(stderr).toContain('Unknown option "--hlep".')
    expect(stderr).toContain(`netlab ${name} --help`)
  })
})

describe('exit codes', () => {
  const failing = (error: Error) => netlab(['ls'], { library: { listLabs: () => Promise.reject(error) } })
  const diagnostic = { code: 'KERNEL_REFUSED', severity: 'error', detail: 'It said no.' } as const

  it('2: a finding', async () => {
    expect(await failing(new DiagnosticError('finding', [diagnostic]))).toMatchObject({ code: 2, stdout: '' })
  })

  it('3: a refusal', async () => {
    const outcome = await failing(new DiagnosticError('refusal', [diagnostic]))
    expect(outcome).toMatchObject({ code: 3, stdout: '' })
    expect(outcome.stderr).toContain('It said no.')
  })

  it('4: a bug, with its stack and its cause', async () => {
    const outcome = await failing(new TypeError('x is undefined', { cause: new Error('deep below') }))
    expect(outcome).toMatchObject({ code: 4, stdout: '' })
    expect(outcome.stderr).toMatch(/TypeError: x is undefined\n {4}at /)
    expect(outcome.stderr).toContain('Caused by: Error: deep below')
    expect(outcome.stderr).toContain('This is a bug in netlab.')
  })

  it('128 + n: stopped by a signal', async () => {
    expect(await failing(new Interrupted('SIGINT', 2))).toMatchObject({ code: 130 })
  })

  it('with --json a finding is data', async () => {
    const refused = await netlab(['ls', '--json'], {
      library: { listLabs: () => Promise.reject(new DiagnosticError('refusal', [diagnostic])) },
    })
    expect(refused).toMatchObject({ code: 3, stderr: '' })
    expect(JSON.parse(refused.stdout)).toMatchObject({ errors: 1, diagnostics: [{ code: 'KERNEL_REFUSED', origin: null }] })
  })
})

describe('which lab', () => {
  const command = { file: '/x/nsexec', args: ['enter'], env: {} }
  const exec = (argv: readonly string[], library: object) =>
    netlab(['exec', ...argv, '--', 'true'], {
      cwd: '/lab',
      library: { ...library, nodeCommand: async (lab, node) => ({ ...command, args: [lab, node] }), labNameOf: async () => 'two-hosts' },
      runChild: async ({ args }) => (args.join('/') === 'dmz/h1' ? 0 : 99),
    })

  it('is the only one where none is named', async () => {
    expect(await exec(['h1'], libraryOf({ name: 'dmz' }))).toMatchObject({ code: 0 })
  })

  it('is the named one among several', async () => {
    expect(await exec(['dmz', 'h1'], libraryOf({ name: 'dmz' }, { name: 'lan' }))).toMatchObject({ code: 0 })
  })

  it('is the one that runs from a file', async () => {
    expect(await exec(['sub/topo.yaml', 'h1'], libraryOf({ name: 'dmz', file: '/lab/sub/topo.yaml' }, { name: 'lan' }))).toMatchObject({
      code: 0,
    })
  })

  it.each([
    [['h1'], libraryOf(), 'No lab is running.'],
    [['h1'], libraryOf({ name: 'a' }, { name: 'b' }), '2 labs are running: a, b.'],
    [['dmx', 'h1'], libraryOf({ name: 'dmz' }), 'There is no lab "dmx". Did you mean "dmz"? Running: dmz.'],
    [['topo.yaml', 'h1'], libraryOf({ name: 'dmz' }), 'No lab runs from topo.yaml.'],
    [
      ['t.yaml', 'h1'],
      libraryOf({ name: 'a', file: '/lab/t.yaml' }, { name: 'b', file: '/lab/t.yaml' }),
      'Several labs run from t.yaml: a, b.',
    ],
  ])('is a mistake: case %#', async (argv, library, words) => {
    const { code, stderr } = await exec(argv, library)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
  })
})
