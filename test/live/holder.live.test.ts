/** The holder against clients that err, flood and fall asleep: it must live, answer everybody else, and lose no descriptor. */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import fc from 'fast-check'
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { HOLDER_ENDED } from '../../src/linux/holder.ts'
import { nsexecPath } from '../../src/linux/installation.ts'
import { enterWorld } from '../../src/linux/world.ts'
import { connect, ended, startHolder, type Client, type LiveHolder } from '../support/live-holder.ts'
import { needs } from '../support/needs.ts'
import { childrenNamed, isRunning } from '../support/processes.ts'

const SOURCES = join(import.meta.dirname, '../../native')

/** nsexec with the compiler's checks for wild memory and undefined behaviour: at the first, the holder dies, and a test sees that. */
let sanitized: { path?: string; missing?: string } | undefined
let buildFolder: string | undefined

function sanitizedPath(): { path?: string; missing?: string } {
  if (sanitized !== undefined) return sanitized
  buildFolder = mkdtempSync(join(tmpdir(), 'netlab-sanitized-'))
  const path = join(buildFolder, 'nsexec')
  const sources = readdirSync(SOURCES)
    .filter((file) => file.endsWith('.c'))
    .map((file) => join(SOURCES, file))
  const flags = ['-std=gnu11', '-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']
  const { status, stderr, error } = spawnSync('cc', [...flags, '-o', path, ...sources], { encoding: 'utf8' })
  sanitized =
    status === 0 ? { path } : { missing: `cc cannot build with sanitizers (${error?.message ?? stderr.trim().split('\n').at(-1)})` }
  return sanitized
}
afterAll(() => {
  if (buildFolder !== undefined) rmSync(buildFolder, { recursive: true })
})

describe.each([
  ['as it is built', () => ({ path: nsexecPath() })],
  ['with the sanitizers of the compiler', sanitizedPath],
] as const)('the holder, %s', (_, build) => {
  let program: string
  let holder: LiveHolder
  let clients: Client[]
  let null_: number

  const client = (): Client => {
    const made = connect(holder)
    clients.push(made)
    return made
  }
  const nulls = (count: number): number[] => new Array<number>(count).fill(null_)
  const closeAll = (): void => clients.splice(0).forEach((each) => each.close())
  /** Descriptors when every client has gone. */
  const settled = async (): Promise<number> => {
    closeAll()
    const probe = connect(holder)
    let count = holder.descriptors()
    // A client's end is noticed in the same round of poll(2) as the next packet, so a few answered packets suffice.
    for (let round = 0; round < 3; round++) {
      probe.ask('?')
      count = holder.descriptors()
    }
    probe.close()
    return count
  }

  beforeEach(async (context) => {
    needs(context, ...(process.getuid?.() === 0 ? [] : (['userns'] as const)))
    const { path, missing } = build() as { path?: string; missing?: string }
    if (path === undefined) context.skip(missing)
    program = path!
    holder = await startHolder(program)
    clients = []
    null_ = openSync('/dev/null', 'r')
  })
  afterEach(() => {
    if (holder === undefined) return
    closeAll()
    closeSync(null_)
    holder.remove()
  })

  test('must keep, give, list and let go', async () => {
    const before = await settled()
    const one = client()
    expect(one.ask('put 3 h1 h2', nulls(6))).toBe('ok')
    expect(one.ask('put 1 @fabric', nulls(1))).toBe('ok')
    expect(one.ask('list')).toMatch(/^h1 \d+ \d+ pid,ipc\nh2 \d+ \d+ pid,ipc\n@fabric \d+ -1 -\n$/)
    expect(one.receive()).toBe('\n')
    expect(one.ask('get h1')).toBe('ok user pid ipc net uts mnt')
    expect(one.ask('put 3 h1', nulls(3))).toBe('ok')
    expect(await settled()).toBe(before + 7)
    for (const name of ['h1', 'h2', '@fabric']) expect(client().ask(`del ${name}`)).toBe('ok')
    expect(client().ask('list')).toBe('\n')
    expect(await settled()).toBe(before)
  })

  test.each([
    ['put 7 a', 7, 'error: put takes one or three descriptors a name'],
    ['put -1 a', 1, 'error: put takes one or three descriptors a name'],
    ['put 99999999999999999999 a', 1, 'error: put takes one or three descriptors a name'],
    ['put ', 2, 'error: put takes one or three descriptors a name'],
    ['put 3 a b', 4, 'error: not as many descriptors as the names take'],
    ['put 1 a', 2, 'error: not as many descriptors as the names take'],
    ['put 1', 2, 'error: not as many descriptors as the names take'],
    ['put 3 a b', 0, 'error: not as many descriptors as the names take'],
    [`put 1 ${'x'.repeat(64)}`, 1, 'error: bad name'],
    ['put 1 a\nb', 1, 'error: bad name'],
    ['put 1  ', 2, 'error: bad name'],
    ['put 3 fine ', 6, 'error: bad name'],
    ['get nobody', 3, 'error: no namespace of that name'],
    ['del nobody', 3, 'error: no namespace of that name'],
    ['gibberish', 5, 'error: not a request'],
    ['list ', 1, 'error: not a request'],
    [`put 1 ${'x '.repeat(4200)}`, 5, 'error: the packet is too large'],
    ['put 1 a', 253, 'error: the packet is too large'],
  ])('must refuse "%.30s" with %i descriptors and keep none of them', async (text, count, answer) => {
    const before = await settled()
    expect(client().ask(text, nulls(count))).toBe(answer)
    const kept = text === 'put 3 fine ' ? 3 : 0 // the first of its two names is one
    expect(await settled()).toBe(before + kept)
  })

  test('must give a procfs, and keep none', async () => {
    const before = await settled()
    expect(client().ask('proc')).toBe('ok')
    expect(await settled()).toBe(before)
  })

  test('must not keep what comes with an empty packet', async () => {
    const before = await settled()
    const one = client()
    one.send('', nulls(5))
    expect(one.receive()).toBe('')
    expect(await settled()).toBe(before)
  })

  test('must survive any packet', async () => {
    const before = await settled()
    const word = fc.oneof(
      fc.constantFrom('put', 'get', 'del', 'list', '1', '3', '0', 'a', 'b', '', '\0'),
      fc.string({ unit: 'binary', maxLength: 80 }),
    )
    const packet = fc.tuple(
      fc.array(word, { maxLength: 6 }).map((words) => words.join(' ')),
      fc.integer({ min: 0, max: 12 }),
    )
    fc.assert(
      fc.property(fc.array(packet, { minLength: 1, maxLength: 10 }), (packets) => {
        const one = connect(holder)
        for (const [text, count] of packets) {
          one.send(text, nulls(count))
          const answer = one.receive()
          if (answer === '') break // an empty packet is as good as the end
          // A list is more than one packet unless it is empty.
          if (/^\S+ \d+ -?\d+ .*\n/.test(answer)) while (one.receive() !== '\n');
        }
        one.close()
        expect(holder.isAlive()).toBe(true)
      }),
      { numRuns: 150 },
    )
    const names = client()
    names.send('list')
    let list = ''
    for (let part = names.receive(); part !== '\n'; part = names.receive()) list += part
    const kept = list
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(0, line.indexOf(' ')))
    for (const name of kept) expect(names.ask(`del ${name}`), JSON.stringify(name)).toBe('ok')
    expect(await settled()).toBe(before)
  })

  test('must serve 64 clients at once, and the others when one goes', async () => {
    const before = await settled()
    const many = Array.from({ length: 70 }, client)
    for (const each of many.slice(0, 64)) expect(each.ask('?')).toBe('error: not a request')
    for (const each of many.slice(64)) each.send('?')
    clients.splice(0, 6).forEach((each) => each.close())
    for (const each of many.slice(64)) expect(each.receive()).toBe('error: not a request')
    expect(await settled()).toBe(before)
  })

  test('must cut off a client that asks and never reads, and answer the others meanwhile', async () => {
    const before = await settled()
    expect(client().ask('put 3 h1', nulls(3))).toBe('ok')
    const deaf = client()
    expect(() => {
      for (let count = 0; count < 20_000; count++) deaf.send('get h1')
    }).toThrow(/EPIPE|ECONNRESET/)
    expect(client().ask('get h1')).toBe('ok user pid ipc net uts mnt')
    expect(await settled()).toBe(before + 3)
  })

  test('must send a long list as slowly as it is read, and answer the others meanwhile', async () => {
    const before = await settled()
    const names = Array.from({ length: 2000 }, (_, index) => `node-${String(index).padStart(58, '0')}`)
    const giver = client()
    for (let at = 0; at < names.length; at += 100) expect(giver.ask(`put 1 ${names.slice(at, at + 100).join(' ')}`, nulls(100))).toBe('ok')
    const slow = client()
    for (let count = 0; count < 3; count++) slow.send('list')
    expect(client().ask('?')).toBe('error: not a request')
    for (let count = 0; count < 3; count++) {
      let list = ''
      for (let part = slow.receive(); part !== '\n'; part = slow.receive()) list += part
      expect(
        list
          .split('\n')
          .filter(Boolean)
          .map((line) => line.split(' ')[0]),
      ).toEqual(names)
    }
    // One that goes before it has read all.
    client().send('list')
    expect(await settled()).toBe(before + names.length)
  })

  test('must not let in where the first process of a node has just died', async () => {
    const fds = await namespacesIn(program, holder)
    expect(client().ask('put 3 dying slow', [...fds, ...fds])).toBe('ok')
    expect(client().ask('isolate slow pid,cgroup')).toBe('ok')
    expect(client().ask('enter dying')).toMatch(/^ok /)
    const [first] = childrenNamed(holder.pid, 'init')
    // Both ask while it is stopped, so that it learns of them at once, and serves the younger first, which makes it wait.
    const pipe = join(holder.directory, 'cgroups/slow')
    mkdirSync(dirname(pipe))
    spawnSync('mkfifo', [pipe])
    const [late, slow] = [client(), client()]
    for (const each of [late, slow]) each.ask('?')
    process.kill(holder.pid, 'SIGSTOP')
    late.send('enter dying')
    slow.send('enter slow')
    process.kill(holder.pid, 'SIGCONT')
    const writer = await vi.waitFor(() => openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK)) // ENXIO until it reads
    process.kill(first!, 'SIGKILL')
    await vi.waitUntil(() => !isRunning(first!))
    closeSync(writer)
    for (const each of [slow, late]) expect(each.receive()).toMatch(/^ok /)
    expect(childrenNamed(holder.pid, 'init')).toHaveLength(2)
    fds.forEach(closeSync)
  })

  test('must be known to have ended between its answer and the opening of its namespaces', () => {
    const nobody = 2 ** 22 // PID_MAX_LIMIT
    expect(() => enterWorld(holder.directory, nobody, { net: -1, mnt: -1 })).toThrow(expect.objectContaining({ code: HOLDER_ENDED }))
  })

  test('must end with the engine that has not committed it', async () => {
    holder.lifeline.destroy()
    await vi.waitUntil(() => !holder.isAlive())
  })

  test('must outlive the engine that has', async () => {
    holder.lifeline.write('C')
    expect(client().ask('?')).toBe('error: not a request')
    await new Promise((resolve) => holder.lifeline.end(resolve))
    for (let round = 0; round < 3; round++) expect(client().ask('?')).toBe('error: not a request')
  })

  test('must heed SIGTERM from outside', async () => {
    holder.lifeline.write('C')
    process.kill(holder.pid, 'SIGTERM')
    await vi.waitUntil(() => !holder.isAlive())
  })

  test('must be reached where the path of its socket is longer than an address', async () => {
    const far = await startHolder(program, 'a-long-name-of-a-folder/'.repeat(8))
    try {
      expect(far.directory.length).toBeGreaterThan(107)
      const one = connect(far)
      expect(one.ask('list')).toBe('\n')
      one.close()
    } finally {
      far.remove()
    }
  })

  test('must not start without an engine at descriptor 3', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'netlab-holder-'))
    const child = spawn(program, ['world', program, 'hold', folder], { stdio: ['ignore', 'ignore', 'pipe'] })
    const words = readText(child.stderr)
    expect(await ended(child)).toEqual({ code: 125, signal: null })
    expect(await words).toMatch(/^nsexec: descriptor 3, .*: EBADF: /)
    rmSync(folder, { recursive: true })
  })

  test('must say what keeps it from starting', async () => {
    await expect(startHolder('/bin/false')).rejects.toThrow('the holder did not start')
    const child = spawn(program, ['world', program, 'hold', '/nowhere/at/all'], { stdio: ['ignore', 'ignore', 'pipe', 'pipe'] })
    const words = readText(child.stderr)
    expect(await ended(child)).toEqual({ code: 125, signal: null })
    expect(await words).toMatch(/^nsexec: \/nowhere\/at\/all: ENOENT: /)
  })
})

/** Network, mount and uts namespaces in the holder's user namespace, as descriptors. */
async function namespacesIn(program: string, holder: LiveHolder): Promise<number[]> {
  const child = spawn(program, ['join', String(holder.pid), 'unshare', '--net', '--mount', '--uts', 'sh', '-c', 'echo; exec sleep 60'])
  await once(child.stdout, 'data')
  try {
    return ['net', 'mnt', 'uts'].map((kind) => openSync(`/proc/${child.pid}/ns/${kind}`, 'r'))
  } finally {
    child.kill('SIGKILL')
  }
}

async function readText(stream: NodeJS.ReadableStream | null): Promise<string> {
  let text = ''
  for await (const bytes of stream!) text += String(bytes)
  return text
}

test('a descriptor limit is said, and none is lost', { timeout: 20_000 }, async (context) => {
  needs(context, ...(process.getuid?.() === 0 ? [] : (['userns'] as const)), 'command:prlimit')
  const folder = mkdtempSync(join(tmpdir(), 'netlab-limit-'))
  const wrapper = join(folder, 'nsexec')
  // The same program under a limit of 400 open files, 304 of which are kept free for clients and packets.
  writeFileSync(wrapper, `#!/bin/sh\nexec prlimit --nofile=400:400 ${nsexecPath()} "$@"\n`, { mode: 0o755 })
  const holder = await startHolder(wrapper)
  const file = openSync('/dev/null', 'r')
  try {
    const one = connect(holder)
    const answers = Array.from({ length: 100 }, (_, index) => one.ask(`put 3 h${index}`, [file, file, file]))
    expect(new Set(answers)).toEqual(new Set(['ok', 'error: the limit of open files is reached (RLIMIT_NOFILE)']))
    const before = holder.descriptors()
    for (let index = 0; index < 20; index++) expect(one.ask(`put 3 more${index}`, [file, file, file])).toMatch(/^error: the limit/)
    expect(holder.descriptors()).toBe(before)
    expect(readFileSync(`/proc/${holder.pid}/limits`, 'utf8')).toMatch(/Max open files +400/)
    one.close()
  } finally {
    closeSync(file)
    holder.remove()
    rmSync(folder, { recursive: true })
  }
})
