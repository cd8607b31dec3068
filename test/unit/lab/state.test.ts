import { chownSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { isAlive, madeSoFar, readMemory, readRecord, writeMemory, writeState, type LabRecord } from '../../../src/lab/state.ts'
import { processStart } from '../../../src/linux/process.ts'
import { parseNetwork } from '../../support/network.ts'

const isRoot = process.getuid!() === 0
const uid = isRoot ? 1_000_000_000 + process.pid : process.getuid!()
let runtime: string
let directory: string
beforeEach(() => {
  runtime = mkdtempSync(join(tmpdir(), 'netlab-runtime-'))
  directory = join(runtime, 'netlab', 'lan')
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  if (isRoot) chownSync(join(runtime, 'netlab'), uid, uid)
  vi.spyOn(process, 'getuid').mockReturnValue(uid)
  vi.stubEnv('XDG_RUNTIME_DIR', runtime)
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllEnvs()
  rmSync(runtime, { recursive: true })
})

const RECORD: LabRecord = {
  name: 'lan',
  file: '/home/ada/lan.yaml',
  holderPid: process.pid,
  holderStart: processStart(process.pid)!,
  since: '2026-01-02T03:04:05.678Z',
  nodes: ['h1'],
  bridges: { sw: '@fabric' },
  env: { h1: { ROLE: 'host' } },
  capabilities: {},
  interfaces: { h1: ['lo', 'eth0'] },
  hostLinks: [],
}
const DESIRED = parseNetwork('h1: { links: { eth0: veth h2/eth0 }, addrs: [eth0 10.0.0.1/24], files: { /etc/motd: hello } }')
const CHANGED = parseNetwork('h1: { links: { eth1: veth h3/eth0 }, addrs: [eth1 10.0.1.1/24] }\nh3: { links: { eth0: veth h1/eth1 } }')

describe('what is remembered of a lab', () => {
  it('comes back as it was, but for the contents of files', () => {
    writeState(RECORD, { desired: DESIRED, tolerated: new Set(['h1 link dummy0']) })
    expect(readRecord('lan')).toEqual(RECORD)
    const { desired, tolerated, intended } = readMemory('lan')
    const file = DESIRED.namespaces.get('h1')!.files.get('/etc/motd')!
    expect(desired.namespaces.get('h1')!.files.get('/etc/motd')).toEqual({ mode: file.mode, sha256: file.sha256 })
    expect(desired.namespaces.get('h1')!.links).toEqual(DESIRED.namespaces.get('h1')!.links)
    expect([tolerated, intended]).toEqual([new Set(['h1 link dummy0']), undefined])
  })

  it('is for its user alone, and in two files', () => {
    writeState(RECORD, { desired: DESIRED, tolerated: new Set() })
    expect(readdirSync(directory).sort()).toEqual(['desired.v8', 'state.json'])
    for (const file of readdirSync(directory)) expect(statSync(join(directory, file)).mode & 0o777).toBe(0o600)
  })

  it('is the old one when the new one was torn while it was written', () => {
    writeState(RECORD, { desired: DESIRED, tolerated: new Set() })
    for (const file of ['state.json', 'desired.v8']) {
      const whole = readFileSync(join(directory, file))
      writeFileSync(join(directory, `${file}.new`), whole.subarray(0, whole.length / 2))
    }
    expect(readRecord('lan')).toEqual(RECORD)
    expect(readMemory('lan').desired.namespaces.size).toBe(1)
    writeState({ ...RECORD, nodes: ['h1', 'h3'] }, { desired: CHANGED, tolerated: new Set() })
    expect(readRecord('lan')!.nodes).toEqual(['h1', 'h3'])
  })

  it('is nothing of a lab that was never saved', () => {
    expect(readRecord('lan')).toBeUndefined()
    expect(readRecord('dmz')).toBeUndefined()
  })

  it('has what was made and what was about to be', () => {
    writeMemory('lan', { desired: DESIRED, intended: CHANGED, tolerated: new Set() })
    const made = madeSoFar(readMemory('lan'))
    expect([...made.namespaces.keys()]).toEqual(['h1', 'h3'])
    expect([...made.namespaces.get('h1')!.links.keys()]).toEqual(['lo', 'eth0', 'eth1'])
    expect([...made.namespaces.get('h1')!.addrs.keys()]).toEqual(['eth0 10.0.0.1/24', 'eth1 10.0.1.1/24'])
    expect([...made.namespaces.get('h1')!.files.keys()]).toEqual(['/etc/motd'])
  })

  it('has what was made before a change that is not finished', () => {
    writeMemory('lan', { before: DESIRED, desired: CHANGED, tolerated: new Set() })
    const made = madeSoFar(readMemory('lan'))
    expect([...made.namespaces.get('h1')!.links.keys()]).toEqual(['lo', 'eth0', 'eth1'])
  })
})

describe('isAlive', () => {
  it('knows a holder by its pid and its start', () => {
    expect(isAlive(RECORD)).toBe(true)
    expect(isAlive({ ...RECORD, holderStart: '1' })).toBe(false)
    expect(isAlive({ ...RECORD, holderPid: 2 ** 30 })).toBe(false)
  })
})
