import { chmodSync, chownSync, lstatSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { labDirectory, labNames, makeStateRoot, stateRoot } from '../../../src/lab/directory.ts'
import { readRecord } from '../../../src/lab/state.ts'

const isRoot = process.getuid!() === 0
/** A user that is not root, to whom root can give directories. Its fallback under /tmp is nobody else's. */
const uid = isRoot ? 1_000_000_000 + process.pid : process.getuid!()

let runtime: string
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'netlab-runtime-'))
  vi.spyOn(process, 'getuid').mockReturnValue(uid)
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(runtime, { recursive: true })
})

/** A directory of the user's own. */
function makeOwn(path: string, mode = 0o700): void {
  mkdirSync(path)
  chmodSync(path, mode)
  if (isRoot) chownSync(path, uid, uid)
}

describe('stateRoot', () => {
  it('lies under /run for root', () => {
    vi.spyOn(process, 'getuid').mockReturnValue(0)
    if (isRoot) expect(stateRoot()).toBe('/run/netlab')
    else expect(stateRoot()).toBe(join(runtime, 'netlab')) // root without rights over /run, as in a user namespace
  })

  it('lies under XDG_RUNTIME_DIR for everybody else', () => {
    expect(stateRoot()).toBe(join(runtime, 'netlab'))
  })

  it.each(['', '/nowhere/at/all', undefined])('lies in /tmp where XDG_RUNTIME_DIR is %j', (value) => {
    vi.stubEnv('XDG_RUNTIME_DIR', value)
    expect(stateRoot()).toBe(`/tmp/netlab-${uid}`)
  })
})

describe('the state root', () => {
  const root = (): string => join(runtime, 'netlab')

  it('is made with mode 0700', () => {
    if (isRoot)
      expect(makeStateRoot).toThrow('STATE_NOT_OURS') // what root makes does not belong to the user that root plays here
    else makeStateRoot()
    expect(lstatSync(root()).mode & 0o777).toBe(0o700)
  })

  it("is used when it is the user's own", () => {
    makeOwn(root())
    makeOwn(join(root(), 'lan'))
    makeOwn(join(root(), 'dmz'))
    expect(makeStateRoot()).toBe(root())
    expect(labNames()).toEqual(['dmz', 'lan'])
    expect(labDirectory('lan')).toBe(join(root(), 'lan'))
  })

  it('has no labs where it is not there', () => {
    expect(labNames()).toEqual([])
    expect(readRecord('lan')).toBeUndefined()
  })

  it.each([
    ['others may enter', () => makeOwn(root(), 0o755)],
    ['it is a link to somewhere', () => symlinkSync('/tmp', root())],
    ['it belongs to another', () => (isRoot ? mkdirSync(root(), { mode: 0o700 }) : symlinkSync('/root', root()))],
  ])('is not read from, nor written to, when %s', (_, make) => {
    make()
    for (const use of [makeStateRoot, labNames, () => labDirectory('lan'), () => readRecord('lan')]) expect(use).toThrow('STATE_NOT_OURS')
  })
})
