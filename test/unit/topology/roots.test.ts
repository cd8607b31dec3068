/** What is wrong with root directories, overlays and mounts is said before anything is made. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { compileTopology } from '../../../src/topology/compile.ts'
import { lookInside } from '../../../src/topology/tree.ts'

const folder = mkdtempSync(join(tmpdir(), 'netlab-roots-'))
afterAll(() => rmSync(folder, { recursive: true }))

mkdirSync(join(folder, 'tree/bin'), { recursive: true })
mkdirSync(join(folder, 'tree/etc'))
writeFileSync(join(folder, 'tree/bin/dash'), '#!\n')
symlinkSync('/bin/dash', join(folder, 'tree/bin/sh'))
symlinkSync('../../../../etc', join(folder, 'tree/up'))
mkdirSync(join(folder, 'bare'))
mkdirSync(join(folder, 'foreign/bin'), { recursive: true })
const elf = Buffer.alloc(20)
elf.writeUInt32BE(0x7f454c46, 0)
elf.writeUInt16LE(22, 18) // EM_S390
writeFileSync(join(folder, 'foreign/bin/sh'), elf)
mkdirSync(join(folder, 'layout'))
writeFileSync(join(folder, 'layout/index.json'), '{"manifests":[]}')
writeFileSync(join(folder, 'a'), 'a')

const findingsOf = (settings: object): string[] =>
  compileTopology({ name: 'roots', nodes: { h1: settings } }).diagnostics.map(
    ({ code, detail }) => `${code} ${detail.replaceAll(folder, '')}`,
  )
const stateOf = (settings: object) => compileTopology({ name: 'roots', nodes: { h1: settings } }).desired?.namespaces.get('h1')

describe('a root directory', () => {
  test.each([
    [{ root: `${folder}/none` }, 'ROOT_UNUSABLE /none is not there.'],
    [{ root: `${folder}/a` }, 'ROOT_UNUSABLE /a is not a directory.'],
    [{ root: `${folder}/bare` }, 'NO_SHELL /bare has no /bin/sh'],
    [{ root: `${folder}/foreign` }, 'ROOT_UNUSABLE /foreign is for another machine: its programs are for s390x'],
    [{ root: `${folder}/tree`, overlay: false }, 'CONFLICTING_VALUES A node with `root` or `image` has an overlay'],
    [{ root: `${folder}/tree`, image: `${folder}/layout` }, 'IMAGE_UNUSABLE /layout has no image in its index.json'],
    [{ overlay: { save: `${folder}/a` } }, 'ROOT_UNUSABLE /a is not a directory.'],
    [{ image: `${folder}/tree` }, 'IMAGE_UNUSABLE /tree is no image layout'],
    [{ services: { s: { run: 'image' } } }, 'INVALID_VALUE The node has no `image`'],
  ])('%o: %s', (settings, finding) => {
    expect(findingsOf(settings)).toContainEqual(expect.stringContaining(finding))
  })

  test('has its own PATH and shell, and keeps each node’s writes apart', () => {
    expect(stateOf({ root: `${folder}/tree`, overlay: { save: `${folder}/save` } })?.root).toMatchObject({
      kind: 'directory',
      tree: `${folder}/tree`,
      save: `${folder}/save/h1`,
    })
    const { env } = compileTopology({ name: 'roots', nodes: { h1: { root: `${folder}/tree`, env: { HOME: '/srv' } } } })
    expect(env.get('h1')).toMatchObject({ SHELL: '/bin/sh', HOME: '/srv', PATH: expect.stringContaining('/usr/sbin') as string })
    expect(stateOf({ overlay: false })?.root).toBeUndefined()
  })

  test('is looked into as a node sees it', () => {
    expect(lookInside(`${folder}/tree`, '/bin/sh')?.place).toBe(`${folder}/tree/bin/dash`)
    expect(lookInside(`${folder}/tree`, '/up')?.place).toBe(`${folder}/tree/etc`)
    expect(lookInside(`${folder}/tree`, '/up/passwd')).toBeUndefined()
  })
})

describe('a mount', () => {
  test.each([
    [{ mounts: { '/x': `${folder}/none` } }, 'MOUNT_UNUSABLE /none is not there'],
    [{ mounts: { 'srv/x': `${folder}/a` } }, 'MOUNT_UNUSABLE srv/x is not an absolute path'],
    [{ mounts: { '/': `${folder}/bare` } }, 'MOUNT_UNUSABLE / is the whole of the node'],
    [{ mounts: { '/proc/x': `${folder}/a` } }, "MOUNT_UNUSABLE /proc/x is the kernel's"],
    [{ mounts: { '/srv/../x': `${folder}/a` } }, 'MOUNT_UNUSABLE /srv/../x has an empty step'],
    [{ mounts: { '/etc/passwd/x': `${folder}/bare` } }, 'MOUNT_UNUSABLE /etc/passwd/x lies in /etc/passwd, which is a file'],
    [{ mounts: { '/etc/passwd': `${folder}/bare` } }, 'MOUNT_UNUSABLE /etc/passwd is a file, and a directory cannot'],
    [{ mounts: { '/etc': `${folder}/a` } }, 'MOUNT_UNUSABLE /etc is a directory, and a file cannot'],
    [{ mounts: { '/x': { from: `${folder}/a`, tmpfs: true } } }, 'INVALID_VALUE The mount /x takes either `from` or `tmpfs`'],
    [{ mounts: { '/x': {} } }, 'INVALID_VALUE The mount /x takes either `from` or `tmpfs`'],
    [{ mounts: { '/x': { tmpfs: true, ro: true } } }, 'CONFLICTING_VALUES An empty directory'],
    [{ mounts: { '/x': { tmpfs: 'much' } } }, 'INVALID_VALUE "much" is not a size'],
    [{ mounts: { '/x': { tmpfs: true } }, private: '/x' }, 'CONFLICTING_VALUES /x is mounted twice'],
    [{ mounts: { '/x': `${folder}/bare` }, files: { '/x/f': 'f' } }, 'CONFLICTING_VALUES /x/f lies in /x, which is mounted'],
  ])('%o: %s', (settings, finding) => {
    expect(findingsOf(settings)).toContainEqual(expect.stringContaining(finding))
  })

  test('comes after the one that it lies in', () => {
    const mounts = stateOf({ mounts: { '/srv/a/b': `${folder}/bare`, '/srv': { tmpfs: '1mb' } }, private: '/srv/a' })?.mounts
    expect([...(mounts ?? [])].map(([path, { kind }]) => [path, kind])).toEqual([
      ['/srv', 'tmpfs'],
      ['/srv/a', 'tmpfs'],
      ['/srv/a/b', 'bind'],
    ])
  })
})
