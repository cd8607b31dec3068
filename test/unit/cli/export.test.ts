// `netlab export`: where a lab is written, and that it is written whole or not at all.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Library } from '../../../src/cli/library.ts'
import type { BoundFile } from '../../../src/export/containerlab.ts'
import { libraryOf, netlab, type Outcome } from './fake-context.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-export-'))
  writeFileSync(join(folder, 'dmz.yaml'), '')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

function exportTo(target: string, files: Readonly<Record<string, BoundFile>> = {}): Promise<Outcome> {
  const sketch: Library['sketch'] = () =>
    Promise.resolve({ lab: 'dmz', desired: { namespaces: new Map() }, env: new Map(), warnings: [], sources: new Map() })
  const formatContainerlab: Library['formatContainerlab'] = ({ lab }, beside) =>
    Promise.resolve({
      text: `name: ${lab}\n`,
      files: new Map(Object.entries(files).map(([path, file]) => [`${beside}/${path}`, file])),
      warnings: [{ code: 'NOT_CARRIED_OVER', severity: 'warning', detail: 'It is odd.' }],
    })
  return netlab(['export', 'dmz.yaml', target], { cwd: folder, library: { ...libraryOf(), sketch, formatContainerlab } })
}

describe('export', () => {
  it('writes the topology, and beside it what it binds, with its modes', async () => {
    const { code, stderr } = await exportTo('dmz.clab.yml', { 'h1/opt/run': { content: 'true\n', mode: 0o777 } })
    expect(code).toBe(0)
    expect(stderr).toContain('It is odd.')
    expect(stderr).toContain('dmz.clab.yml is written, and 1 files in dmz.files.')
    expect(readFileSync(join(folder, 'dmz.clab.yml'), 'utf8')).toBe('name: dmz\n')
    expect(statSync(join(folder, 'dmz.files/h1/opt/run')).mode & 0o777).toBe(0o777)
  })

  it('makes no folder for nothing', async () => {
    expect((await exportTo('dmz.clab.yml')).stderr).toContain('dmz.clab.yml is written.')
    expect(existsSync(join(folder, 'dmz.files'))).toBe(false)
  })

  it.each(['dmz.yaml', 'dmz.yaml/x.clab.yml', 'nosuch/x.clab.yml', '/proc/x.clab.yml', ''])('refuses the target "%s"', async (target) => {
    const { code, stderr } = await exportTo(target, { 'h1/etc/motd': { content: '', mode: 0o644 } })
    expect(code).toBe(2)
    expect(stderr).toContain('WRONG_USAGE')
    expect(readdirSync(folder)).toEqual(['dmz.yaml'])
  })

  it('leaves nothing where a file cannot be written', async () => {
    const file = { content: '', mode: 0o644 }
    const { code } = await exportTo('dmz.clab.yml', { 'h1/etc': file, 'h1/etc/motd': file })
    expect(code).toBe(2)
    expect(readdirSync(folder)).toEqual(['dmz.yaml'])
  })
})
