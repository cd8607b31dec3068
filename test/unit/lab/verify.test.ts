import { describe, expect, it, vi } from 'vitest'
import { DiagnosticError } from '../../../src/diagnostic/diagnostic.ts'
import type { ReadyLab } from '../../../src/lab/compile.ts'
import { expectationOf, verify } from '../../../src/lab/verify.ts'
import type { Observation } from '../../../src/linux/observe.ts'
import type { Operation, Plan } from '../../../src/plan/operation.ts'
import { parseNetwork } from '../../support/network.ts'
import { fakeEngine } from './fake-engine.ts'

const FILE = `
h1:
  links: { eth0: veth h2/eth0 }
  addrs: [eth0 10.0.0.1/24]
  sysctls: { net.ipv4.ip_forward: '1' }
  files: { /etc/motd: hello }
h2:
  links: { eth0: veth h1/eth0 }
`
/** What the kernel has of it: no files, and no sysctls that nobody asked for. */
const KERNEL = FILE.replace(/ {2}(sysctls|files).*\n/g, '')

const ready: ReadyLab = {
  name: 'lan',
  desired: parseNetwork(FILE, 'lan.yaml'),
  rulesets: new Map(),
  needs: { externals: [], hostLinks: [], limits: new Map(), features: new Map(), sysctls: new Map() },
  env: new Map(),
  tests: [],
  capabilities: new Map(),
  configs: [],
  diagnostics: [],
  sources: new Map(),
}
const planOf = (...operations: Operation[]): Plan => ({ lab: 'lan', operations })
const setup: Operation = { type: 'run setup', netns: 'h1', cause: 'the network is complete', argv: ['true'] }
const service: Operation = { type: 'start service', netns: 'h1', cause: 'not there', name: 'vrrp', service: { digest: '' } }
const observation = (text: string, more: Partial<Observation> = {}): Observation => ({
  network: parseNetwork(text),
  tentative: [],
  duplicate: [],
  inodes: new Map(),
  ...more,
})
const check = (observe: () => Observation, plan = planOf(), memory?: Parameters<typeof verify>[5]): ReturnType<typeof verify> =>
  verify(fakeEngine({ observe }), '/nowhere/at/all', ready, plan, expectationOf(ready.desired, plan, 'Nothing is left.'), memory)

describe('verify', () => {
  it('is content when the kernel has what the file says', async () => {
    expect(await check(() => observation(KERNEL))).toEqual({ warnings: [], tolerated: new Set() })
  })

  it('names every difference with its line', async () => {
    const wrong = KERNEL.replace('10.0.0.1/24', '10.0.0.1/25').replace('veth h2/eth0', 'veth h2/eth0 mtu 1400')
    const error = await check(() => observation(wrong)).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(DiagnosticError)
    const { diagnostics, kind } = error as DiagnosticError
    expect(kind).toBe('refusal')
    expect(new Set(diagnostics.map(({ code }) => code))).toEqual(new Set(['NOT_AS_DESIRED']))
    expect(diagnostics.map(({ detail }) => detail).join('\n')).toMatch(/mtu is 1400, the file says 1500/)
    expect(diagnostics.find(({ detail }) => detail.includes('mtu'))!.origin).toMatchObject({ file: 'lan.yaml', line: 3 })
  })

  it('reads back the sysctls that were written, and no others', async () => {
    const written: Operation = { type: 'set sysctl', netns: 'h1', cause: 'not there', name: 'net.ipv4.ip_forward', value: '1' }
    await expect(check(() => observation(KERNEL), planOf(written))).rejects.toThrow('net.ipv4.ip_forward')
  })

  it('minds what is there beyond the file while no program ran', async () => {
    const more = KERNEL.replace('[eth0 10.0.0.1/24]', '[eth0 10.0.0.1/24, eth0 10.9.0.1/24]')
    await expect(check(() => observation(more))).rejects.toThrow('10.9.0.1/24 is not in the file')
  })

  it.each([
    ['setup commands', setup],
    ['services', service],
  ])('remembers what %s have made', async (_, operation) => {
    const more = KERNEL.replace('[eth0 10.0.0.1/24]', '[eth0 10.0.0.1/24, eth0 10.9.0.1/24]')
    const { tolerated } = await check(() => observation(more), planOf(operation), {
      desired: ready.desired,
      tolerated: new Set(['before']),
    })
    expect(tolerated.size).toBe(2)
    expect([...tolerated].join()).toMatch(/before.*10\.9\.0\.1/)
  })

  it('waits until duplicate address detection is over', async () => {
    let looks = 0
    const observe = (): Observation => observation(KERNEL, ++looks < 3 ? { tentative: ['h1: eth0 fd00::1/64'] } : {})
    expect((await check(observe)).warnings).toEqual([])
    expect(looks).toBe(3)
  })

  it('warns of an address that another owns, and of detection that does not end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'performance'] })
    try {
      const stuck = { tentative: ['h1: eth0 fd00::1/64'], duplicate: ['h2: eth0 fd00::2/64'] }
      const verified = check(() => observation(KERNEL, stuck))
      await vi.advanceTimersByTimeAsync(11_000)
      expect((await verified).warnings.map(({ code, detail }) => `${code}: ${detail}`)).toEqual([
        'STILL_TENTATIVE: h1: eth0 fd00::1/64 is still tentative after 10 s.',
        'DUPLICATE_ADDRESS_SEEN: h2: eth0 fd00::2/64 is in use by another node of its segment.',
      ])
    } finally {
      vi.useRealTimers()
    }
  })
})
