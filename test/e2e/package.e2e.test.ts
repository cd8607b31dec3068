/** The published package must work where there is no compiler: packed, installed and called as a user would. */
import { execFileSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
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

test('the packed package installs and runs without a compiler', (context) => {
  context.skip(!existsSync(join(checkout, 'src', 'cli', 'main.ts')), 'there is no command line to install yet')
  needs(context, 'command:npm', 'command:cc', ...(process.arch === 'x64' ? (['command:aarch64-linux-gnu-gcc'] as const) : []))
  const tarball = pack()
  const prefix = join(scratch, 'prefix')
  const path = pathWithoutCompilers()
  const env = { ...process.env, PATH: path, npm_config_cache: join(scratch, 'cache') }
  execFileSync('npm', ['install', '--global', '--prefix', prefix, '--no-audit', '--no-fund', tarball], { env, stdio: 'pipe', cwd: scratch })

  const installed = join(prefix, 'lib', 'node_modules', 'netlab')
  for (const [arch, machine] of Object.entries(MACHINES)) {
    const binary = readFileSync(join(installed, 'native', 'prebuilt', `nsexec-${arch}`))
    expect(binary.subarray(0, 4).toString('latin1')).toBe('\x7fELF')
    expect(binary.readUInt16LE(18), arch).toBe(machine)
  }
  expect(readdirSync(installed)).toEqual(
    expect.arrayContaining(['CHANGELOG.md', 'LICENSE', 'README.md', 'dist', 'package.json', 'topologies']),
  )
  expect(existsSync(join(installed, 'src'))).toBe(false)
  for (const name of ['netlab', 'nslab']) {
    expect(execFileSync(join(prefix, 'bin', name), ['--version'], { env, encoding: 'utf8', cwd: scratch }).trim()).toBe(version)
  }
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
