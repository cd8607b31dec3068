import { describe, expect, it } from 'vitest'
import { mismatchAt } from '../../../src/check/json-path.ts'

const ROOT = [{ ifname: 'lo', peers: { '10.0.0.2': { state: 'Established' }, h1: null } }]

describe('a path into JSON', () => {
  it('must lead through lists, maps and names with dots', () => {
    expect(mismatchAt(ROOT, '[0].ifname', 'lo')).toBeUndefined()
    expect(mismatchAt(ROOT, '[0].peers[10.0.0.2].state', 'Established')).toBeUndefined()
    expect(mismatchAt(ROOT, "[0]['peers']['10.0.0.2'].state", 'Established')).toBeUndefined()
    expect(mismatchAt(ROOT, '[0].peers.h1', null)).toBeUndefined()
  })

  it('must tell what is there instead', () => {
    expect(mismatchAt(ROOT, '[0].ifname', 'eth0')).toBe('"lo"')
    expect(mismatchAt(ROOT, '[1].ifname', 'lo')).toBe('the output has no 1: it is a list of 1')
    expect(mismatchAt(ROOT, '[0].peers.10.0.0.2.state', 'Established')).toBe('[0].peers has no 10: it has 10.0.0.2, h1')
    expect(mismatchAt(ROOT, '[0].peers[10.0.0.2].state.up', true)).toBe('[0].peers[10.0.0.2].state has no up: it is "Established"')
  })
})
