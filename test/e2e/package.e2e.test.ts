/** The published package must work where there is no compiler: packed, installed and used as a user would. */
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { needs } from '../support/needs.ts'

const checkout = fileURLToPath(new URL('../..', import.meta.url))
const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as { version: string }
/** e_machine of an ELF header: EM_X86_64, EM_AARCH64. <elf.h> */
const MACHINES = { x64: 62, arm64: 183 }

let scratch: string
beforeAll(() => {
  scratch = mkdtempSync(join(tmpdir(), 'netlab-package-'))
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

test('the packed package installs and runs without a compiler', async (context) => {
  needs(context, 'command:npm', 'command:cc', 'link:veth', ...(process.arch === 'x64' ? (['command:aarch64-linux-gnu-gcc'] as const) : []))
  const tarball = pack()
  const prefix = join(scratch, 'prefix')
  const path = pathWithoutCompilers()
  const runtime = join(scratch, 'runtime')
  mkdirSync(runtime, { mode: 0o700 })
  const env = { ...process.env, PATH: path, npm_config_cache: join(scratch, 'cache'), XDG_RUNTIME_DIR: runtime }
  execFileSync('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', tarball], { env, stdio: 'pipe', cwd: scratch })

  const installed = join(prefix, 'lib', 'node_modules', 'netlab')
  for (const [arch, machine] of Object.entries(MACHINES)) {
    const binary = readFileSync(join(installed, 'native', 'prebuilt', `nsexec-${arch}`))
    expect(binary.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(binary.readUInt16LE(18), arch).toBe(machine)
  }
  expect(readdirSync(installed)).toEqual(expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json']))
  expect(existsSync(join(installed, 'dist', 'schema.json'))).toBe(true)
  expect(existsSync(join(installed, 'src'))).toBe(false)

  // A node has a /tmp of its own, where the links of `path` are not to be seen.
  const usual = { ...env, PATH: process.env['PATH'] }
  const run = (name: string, ...args: string[]) =>
    execFileSync(join(prefix, 'bin', name), args, { env: usual, encoding: 'utf8', cwd: scratch })
  for (const name of ['netlab', 'nslab']) expect(run(name, '--version').trim()).toBe(version)

  const lab = `package-${process.pid}`
  writeFileSync(
    join(scratch, 'lab.yaml'),
    `name: ${lab}\nnodes: { h1: {}, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n`,
  )
  run('netlab', 'up', 'lab.yaml')
  try {
    expect(run('netlab', 'exec', lab, 'h1', '--', 'hostname').trim()).toBe('h1')
    expect(run('netlab', 'exec', lab, 'h1', '--', 'ping', '-c', '1', '-W', '5', 'h2')).toContain('1 received')
    // A signal that only the client gets is the command's.
    const command = ['exec', lab, 'h1', '--', 'sh', '-c', 'echo ready; exec sleep 60']
    const running = spawn(join(prefix, 'bin', 'netlab'), command, { env: usual, stdio: ['ignore', 'pipe', 'inherit'] })
    await once(running.stdout, 'data')
    running.kill('SIGINT')
    expect(await once(running, 'close')).toEqual([130, null])
  } finally {
    run('netlab', 'down', lab)
  }

  // The node's PID 1 and its supervisor are the prebuilt program, whose name is another than that of the built one.
  writeFileSync(
    join(scratch, 'stop.yaml'),
    `name: ${lab}
nodes: { h1: {}, h2: { services: { idle: sleep 1000 } } }
links: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]
tests:
  - { name: while it stands still, steps: [{ stop: h2 }, { from: h1, to: h2, ping: {}, expect: no-reply }] }
  - { name: afterwards, from: h1, to: h2, ping: {} }
`,
  )
  expect(run('netlab', 'test', 'stop.yaml', '--report', 'tap')).toContain('ok 2')
})

/** Packs a copy, because packing builds: the checkout's own dist stays as the other tests found it. */
function pack(): string {
  const copy = join(scratch, 'checkout')
  const skipped = new Set(['node_modules', '.git', 'dist', 'test'])
  mkdirSync(copy)
  for (const name of readdirSync(checkout)) if (!skipped.has(name)) cpSync(join(checkout, name), join(copy, name), { recursive: true })
  symlinkSync(join(checkout, 'node_modules'), join(copy, 'node_modules'))
  execFileSync('npm', ['pack', '--pack-destination', scratch], { cwd: copy, stdio: 'pipe' })
  return join(scratch, `netlab-${version}.tgz`)
}

/** One folder with a link to every program on PATH that is not a compiler, a linker or make. */
function pathWithoutCompilers(): string {
  const folder = join(scratch, 'bin')
  mkdirSync(folder)
  const compiler = /^(.*-)?(cc|gcc|g\+\+|c\+\+|clang|clang\+\+|tcc|c99|c89|cpp|ld|as|make|gmake|cmake)(-[\d.]+)?$/
  for (const source of (process.env['PATH'] ?? '').split(':').filter((entry) => existsSync(entry))) {
    for (const name of readdirSync(source)) {
      if (!compiler.test(name) && !existsSync(join(folder, name))) symlinkSync(join(source, name), join(folder, name))
    }
  }
  return folder
}
