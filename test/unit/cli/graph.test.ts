// `netlab graph`: whose picture, in which format, and where it goes.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Library } from '../../../src/cli/library.ts'
import { libraryOf, netlab, type Outcome } from './fake-context.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-graph-'))
  writeFileSync(join(folder, 'dmz.yaml'), '')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function graph(
  argv: readonly string[],
  labs: readonly { readonly name: string; readonly file?: string }[] = [],
): Promise<Outcome & { readonly asked: unknown[] }> {
  const asked: unknown[] = []
  const sketch: Library['sketch'] = async (source) => {
    asked.push(source)
    const detail = 'It is odd.'
    return {
      lab: 'dmz',
      desired: { namespaces: new Map() },
      env: new Map(),
      warnings: [{ code: 'INVALID_VALUE', severity: 'warning', detail }],
      sources: new Map(),
    }
  }
  const formatPicture: Library['formatPicture'] = async (format, { lab }) => `${format} of ${lab}\n`
  return { ...(await netlab(['graph', ...argv], { cwd: folder, library: { ...libraryOf(...labs), sketch, formatPicture } })), asked }
}

describe('graph', () => {
  it('draws a file as text on stdout, and warns on stderr', async () => {
    const { code, stdout, stderr, asked } = await graph(['dmz.yaml'])
    expect({ code, stdout, asked }).toEqual({ code: 0, stdout: 'text of dmz\n', asked: [{ file: join(folder, 'dmz.yaml') }] })
    expect(stderr).toContain('It is odd.')
  })

  it('draws a file with the state of the lab that runs from it', async () => {
    const { asked } = await graph(['dmz.yaml'], [{ name: 'dmz', file: join(folder, 'dmz.yaml') }, { name: 'other' }])
    expect(asked).toEqual([{ file: join(folder, 'dmz.yaml'), running: 'dmz' }])
  })

  it('draws a file alone where several labs run from it', async () => {
    const file = join(folder, 'dmz.yaml')
    expect(
      (
        await graph(
          ['dmz.yaml'],
          [
            { name: 'a', file },
            { name: 'b', file },
          ],
        )
      ).asked,
    ).toEqual([{ file }])
  })

  it('draws the only lab, and a lab by its name', async () => {
    expect((await graph([], [{ name: 'dmz' }])).asked).toEqual([{ running: 'dmz' }])
    expect((await graph(['dmz'], [{ name: 'dmz' }, { name: 'nat' }])).asked).toEqual([{ running: 'dmz' }])
    expect((await graph([], [])).code).toBe(2)
  })

  it.each([
    [['-o', 'x.svg'], 'x.svg', 'svg'],
    [['-o', 'x.HTML'], 'x.HTML', 'html'],
    [['-o', 'x.gv'], 'x.gv', 'dot'],
    [['-o', 'x.mmd'], 'x.mmd', 'mermaid'],
    [['-o', 'x'], 'x', 'text'],
    [['-o', 'x.svg', '--format', 'dot'], 'x.svg', 'dot'],
  ])('%j writes a file in the format of its suffix, unless another is said', async (argv, file, format) => {
    const { stdout } = await graph(['dmz.yaml', ...argv])
    expect(stdout).toBe('')
    expect(readFileSync(join(folder, file), 'utf8')).toBe(`${format} of dmz\n`)
  })

  it('says that a file cannot be written, and that there is no such format', async () => {
    expect(await graph(['dmz.yaml', '-o', 'missing/x.svg'])).toMatchObject({ code: 2, stdout: '' })
    expect((await graph(['dmz.yaml', '--format', 'png'])).stderr).toContain('Allowed choices are text, svg')
  })
})
