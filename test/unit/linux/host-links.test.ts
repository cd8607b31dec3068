import {
  existsSync,
  lstatSync,
  mkdtempSync,
  openSync,
  closeSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { hostLinkPaths, placeHostLink, removeHostLinks } from '../../../src/linux/host-links.ts'
import { FABRIC } from '../../../src/state/network.ts'

let folder: string
let path: string
let fd: number
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'netlab-netns-'))
  path = join(folder, 'lan.h1')
  fd = openSync('/dev/null', 'r')
})
afterEach(() => {
  closeSync(fd)
  rmSync(folder, { recursive: true })
})

/** A holder that is dead: larger than any pid. */
const DEAD = 2 ** 30
/** This process is as good a holder as any: its descriptor is there. */
const living = (): string => `/proc/${process.pid}/fd/${fd}`

describe('a link to a namespace', () => {
  it('has the name of its lab and its node; the bridges have the name of the lab', () => {
    expect(hostLinkPaths('lan', ['h1', 'server.example', FABRIC])).toEqual([
      '/run/netns/lan.h1',
      '/run/netns/lan.server.example',
      '/run/netns/lan',
    ])
  })

  it('is made where nothing is', async () => {
    expect(placeHostLink(path, living())).toBe(true)
    expect(readlinkSync(path)).toBe(living())
  })

  it('is made where it cannot lie elsewhere first, on another file system', () => {
    const far = mkdtempSync('/dev/shm/netlab-far-')
    try {
      expect(placeHostLink(path, living(), far)).toBe(true)
      expect(readlinkSync(path)).toBe(living())
      expect(readdirSync(far)).toEqual([])
    } finally {
      rmSync(far, { recursive: true })
    }
  })

  it.each([
    ['of the same holder', () => `/proc/${process.pid}/fd/99999`],
    ['that a dead holder left', () => `/proc/${DEAD}/fd/7`],
  ])('takes the place of one %s', async (_, before) => {
    symlinkSync(before(), path)
    placeHostLink(path, living())
    expect(readlinkSync(path)).toBe(living())
  })

  it.each([
    ['the link of another tool', () => symlinkSync('/proc/1/ns/net', path)],
    ['a dangling link of another tool', () => symlinkSync(`/proc/${DEAD}/ns/net`, path)],
    ['a namespace that "ip netns add" made', () => writeFileSync(path, '')],
    ['the link of another lab that runs', () => symlinkSync(living(), path)],
  ])('leaves %s alone, when it is made and when it is removed', async (_, make) => {
    make()
    const before = lstatSync(path)
    expect(placeHostLink(path, `/proc/${DEAD}/fd/7`)).toBe(false)
    removeHostLinks([path], DEAD)
    expect(lstatSync(path)).toMatchObject({ ino: before.ino, mode: before.mode })
  })

  it('goes with its lab, dead or alive, and no matter what is gone already', () => {
    symlinkSync(`/proc/${DEAD}/fd/7`, path)
    removeHostLinks([path, join(folder, 'nowhere')], DEAD)
    expect(existsSync(path) || lstatSync(path, { throwIfNoEntry: false })).toBeFalsy()
  })
})
