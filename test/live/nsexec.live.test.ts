/** nsexec by its command line: what it returns, what it hands through, and what it does with signals and the terminal. */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { afterEach, describe, expect, test, vi } from 'vitest'
import { nsexecPath } from '../../src/linux/installation.ts'
import { ended } from '../support/live-holder.ts'
import { sharedLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'
import { openTerminal, type Terminal } from '../support/terminal.ts'
import { isRunning, processesNamed } from '../support/processes.ts'

const nsexec = nsexecPath()

function run(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(nsexec, args, { encoding: 'utf8', input: '', timeout: 20_000 })
}

describe('nsexec', () => {
  test.each([
    [[]],
    [['nonsense']],
    [['world']],
    [['join', '1']],
    [['enter', '/tmp', 'h1']],
    [['hold']],
    [['hold', 'a', 'b']],
    [['scratch']],
  ])('must explain itself when called with %j', (args) => {
    const { status, stderr } = run(...args)
    expect(status).toBe(125)
    expect(stderr).toMatch(/^usage: nsexec world \[--spares\] COMMAND/)
  })

  test('world must give root rights over new namespaces, and pass the exit status on', (context) => {
    needs(context, ...(process.getuid?.() === 0 ? [] : (['userns'] as const)))
    expect(run('world', 'sh', '-c', 'unshare --net true && id -u && exit 7')).toMatchObject({ status: 7, stdout: '0\n' })
  })

  test('scratch must give a network that is empty and a /run that is its own', (context) => {
    needs(context, ...(process.getuid?.() === 0 ? [] : (['userns'] as const)))
    const { status, stdout } = run('scratch', 'sh', '-c', 'ls -A /run; cut -d: -f1 /proc/net/dev | tail -n +3; touch /run/mine')
    expect({ status, stdout: stdout.trim() }).toEqual({ status: 0, stdout: 'lo' })
  })

  test('join must say that a process is gone', async () => {
    const child = spawn('true')
    await once(child, 'exit')
    const { status, stderr } = run('join', String(child.pid), 'true')
    expect(status).toBe(125)
    expect(stderr).toBe(`nsexec: /proc/${child.pid}/ns/user: ENOENT: No such file or directory\n`)
  })

  test('settle must return when nothing is dying, and clean up after itself', (context) => {
    needs(context, ...(process.getuid?.() === 0 ? [] : (['userns'] as const)))
    expect(run('settle')).toEqual(expect.objectContaining({ status: 0, stdout: '', stderr: '' }))
  })

  test('enter must say that there is no lab', () => {
    const { status, stderr } = run('enter', '/tmp', 'h1', 'true')
    expect(status).toBe(125)
    expect(stderr).toBe("nsexec: connect to the lab's holder: ENOENT: No such file or directory\n")
  })
})

describe('a command in a node', () => {
  const lab = sharedLab('nodes: { h1: {} }')
  const enter = (...argv: string[]): ReturnType<typeof run> => run('enter', lab.directory, 'h1', ...argv)
  const children: ChildProcess[] = []
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')))

  function start(script: string): ChildProcess {
    const child = spawn(nsexec, ['enter', lab.directory, 'h1', 'sh', '-c', script], { stdio: ['pipe', 'pipe', 'inherit'] })
    children.push(child)
    return child
  }

  test.each([
    [['true'], 0],
    [['false'], 1],
    [['sh', '-c', 'exit 42'], 42],
    [['/'], 126],
    [['no-such-program'], 127],
    [['sh', '-c', 'kill -KILL $$'], 128 + 9],
    [['sh', '-c', 'kill -SEGV $$'], 128 + 11],
  ])('must end with its own status: %j', (argv, status) => {
    expect(enter(...argv).status).toBe(status)
  })

  test('must be found past a directory of PATH that nobody may look into', () => {
    const env = { ...process.env, PATH: `/proc/1/cwd:${process.env['PATH']}` }
    const status = (program: string): number | null => spawnSync(nsexec, ['enter', lab.directory, 'h1', program], { env }).status
    expect([status('true'), status('no-such-program')]).toEqual([0, 127])
  })

  test('must be told of in the words of netlab where it is not there', () => {
    const env = { ...process.env, NETLAB_NODE: 'h1' }
    const { stderr } = spawnSync(nsexec, ['enter', lab.directory, 'h1', 'no-such-program'], { env, encoding: 'utf8' })
    expect(stderr).toBe('netlab: h1 has no program "no-such-program"\n')
  })

  test('must be one of a node that is there', () => {
    const { status, stderr } = run('enter', lab.directory, 'h'.repeat(300), 'true')
    expect(status).toBe(125)
    expect(stderr).toMatch(/: error: no namespace of that name\n$/)
  })

  test('must have the standard streams, whole', async () => {
    const bytes = Buffer.alloc(1 << 20, 'netlab\n')
    const { status, stdout } = spawnSync(nsexec, ['enter', lab.directory, 'h1', 'cat'], { input: bytes, maxBuffer: 1 << 22 })
    expect(status).toBe(0)
    expect(stdout.equals(bytes)).toBe(true)
  })

  test('must have no descriptors but those of its caller', () => {
    const script = 'echo $(ls /proc/self/fd)'
    expect(enter('sh', '-c', script).stdout).toBe(spawnSync('sh', ['-c', script], { encoding: 'utf8', input: '' }).stdout)
  })

  test.each(['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)('must get %s once', async (signal) => {
    const name = signal.slice(3)
    const child = start(`trap 'echo got ${name}' ${name}; echo ready; while read -r line; do :; done; sleep 0.1; exit 3`)
    let output = ''
    child.stdout!.on('data', (bytes: Buffer) => (output += bytes.toString()))
    await vi.waitUntil(() => output.includes('ready'))
    child.kill(signal)
    await vi.waitUntil(() => output.includes('got'))
    child.stdin!.end()
    expect(await ended(child)).toMatchObject({ code: 3 })
    expect(output).toBe(`ready\ngot ${name}\n`)
  })

  test('must get a signal that came when it was about to begin', async () => {
    for (let round = 0; round < 20; round++) {
      const child = start('exec sleep 1000')
      await new Promise((resolve) => setTimeout(resolve, round / 2))
      child.kill('SIGTERM')
      const { code, signal } = await ended(child)
      expect(code === 128 + 15 || signal === 'SIGTERM').toBe(true)
    }
  })

  test('must ignore what its caller ignores', () => {
    const script = `trap '' HUP; exec "$0" enter "$1" h1 sh -c 'grep SigIgn /proc/self/status'`
    const { stdout } = spawnSync('sh', ['-c', script, nsexec, lab.directory], { encoding: 'utf8' })
    expect(parseInt(stdout.split(/\s+/)[1]!, 16) & 1).toBe(1)
  })

  test('must not outlive nsexec', async () => {
    const mark = `mark-${process.pid}-${Date.now()}`
    const child = start(`echo ready; exec sh -c 'while :; do sleep 0.05; done' ${mark}`)
    await once(child.stdout!, 'data')
    await vi.waitUntil(() => processesNamed(mark).length === 1)
    child.kill('SIGKILL')
    await vi.waitUntil(() => processesNamed(mark).filter(isRunning).length === 0)
  })

  test('must not end the lab, whatever it kills', () => {
    for (const signal of ['TERM', 'INT', 'HUP', 'CHLD', 'KILL']) enter('sh', '-c', `kill -${signal} 1`)
    expect(enter('cat', '/proc/1/comm')).toMatchObject({ status: 0, stdout: 'nsexec init\n' })
  })

  test('must leave no zombies: the holder collects what others leave', async () => {
    const { holderPid } = lab.notes()
    const zombies = (): number =>
      readFileSync(`/proc/${holderPid}/task/${holderPid}/children`, 'utf8')
        .split(' ')
        .filter((pid) => pid !== '' && !isRunning(Number(pid))).length
    run('enter', '--tool', lab.directory, 'h1', 'sh', '-c', 'for i in $(seq 100); do (sleep 0 &) ; done')
    await vi.waitUntil(() => zombies() === 0, { timeout: 5_000 })
    expect(isRunning(holderPid)).toBe(true)
  })

  test('many at once must all be served', async () => {
    const all = Array.from({ length: 100 }, (_, index) => start(`exit ${index}`))
    const codes = await Promise.all(all.map(async (child) => (await ended(child)).code))
    expect(codes).toEqual(all.map((_, index) => index))
  })

  describe('on a terminal', () => {
    let terminal: Terminal | undefined
    const type: Terminal['type'] = (...keys) => terminal!.type(...keys)
    const screen = (): string => terminal!.screen()
    const shows: Terminal['shows'] = (pattern) => terminal!.shows(pattern)
    /** A shell with job control, as a user has; `n` enters the node. */
    const open = async (): Promise<void> => {
      terminal = openTerminal("env PS1='host> ' bash --norc --noprofile -i")
      await shows(/host>/)
      type(`n() { ${nsexec} enter ${lab.directory} h1 "$@"; }; clear`, 'Enter')
      await vi.waitUntil(() => !screen().includes('clear'))
    }
    afterEach(() => terminal?.close()) // a test that is passed over opens none

    test('Ctrl-C must reach the command and not its caller', async (context) => {
      needs(context, 'command:tmux')
      await open()
      type('n sh -c "echo star\'\'ted; exec sleep 1000"; echo "status=$?"', 'Enter')
      await shows(/^started/m)
      type('C-c')
      await shows(/status=130\n/)
    })

    test('Ctrl-C must reach a command once that is in the group of its caller', async (context) => {
      needs(context, 'command:tmux')
      await open()
      const script = `trap 'n="$n."' INT; echo beg''un; until [ -n "$n" ]; do sleep 0.05; done; sleep 0.2; echo "count=$n"`
      type(`n sh -c '${script.replaceAll("'", `'\\''`)}' < /dev/null; echo "sta''tus=$?"`, 'Enter')
      await shows(/^begun/m)
      type('C-c')
      await shows(/count=\.\n/)
    })

    test('Ctrl-Z, bg and fg must stop it and go on with it', async (context) => {
      needs(context, 'command:tmux', 'command:python3')
      await open()
      // A shell that begins its children by vfork(2) cannot stop while one of them has stopped before its exec: no shell, then.
      const count = '[(open("/tmp/ticks", "w").write(str(i)), time.sleep(0.05)) for i in range(10 ** 9)]'
      type(`n python3 -c 'import time; ${count}'`, 'Enter')
      const ticks = (): number => Number(enter('cat', '/tmp/ticks').stdout)
      await vi.waitUntil(() => ticks() > 2, { timeout: 5_000 })
      type('C-z')
      await shows(/Stopped/)
      const then = ticks()
      type('echo "the shell ans""wers"', 'Enter')
      await shows(/^the shell answers/m)
      expect(ticks()).toBe(then)
      type('bg', 'Enter')
      await vi.waitUntil(() => ticks() > then, { timeout: 5_000 })
      type('echo "and in the back""ground"', 'Enter')
      await shows(/^and in the background/m)
      type('fg', 'Enter')
      await shows(/fg\n.*nsexec enter/)
      type('C-c')
      await shows(/^(\^C)?host>$/m)
      type('jobs; echo "status=$?"', 'Enter')
      await shows(/^status=0/m)
    })

    test('one that wants to read in the background must wait until it is in front', async (context) => {
      needs(context, 'command:tmux')
      await open()
      type(`n sh -c 'read -r line; echo "read: $line"' &`, 'Enter')
      await shows(/\[1\]/)
      // bash tells of its jobs when it prompts.
      await vi.waitUntil(() => type('Enter') && screen().includes('Stopped'), { timeout: 10_000, interval: 200 })
      type('fg', 'Enter')
      await shows(/fg\n/)
      type('some words', 'Enter')
      await shows(/^read: some words/m)
    })

    test('an interactive shell must have job control of its own', async (context) => {
      needs(context, 'command:tmux')
      await open()
      type("n env PS1='node> ' bash --norc --noprofile -i", 'Enter')
      await shows(/node>/)
      expect(screen()).not.toMatch(/no job control|cannot set terminal/)
      type('sleep 1000', 'Enter')
      await vi.waitUntil(() => enter('pgrep', '-x', 'sleep').status === 0, { timeout: 5_000 })
      type('C-z')
      await shows(/Stopped +sleep 1000/)
      type('fg', 'Enter')
      await shows(/fg\nsleep 1000/)
      type('C-c')
      await shows(/^(\^C)?node>$/m)
      type('exit', 'Enter')
      await shows(/^(\^C)?host>$/m)
      type('echo "back: $(stty size)"', 'Enter')
      await shows(/^back: \d+ \d+/m)
    })
  })
})
