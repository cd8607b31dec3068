/** Inside the guest: the kernel is the one that was promised, with the features that the host's kernel may lack. */
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import { expect, test } from 'vitest'
import { missingRequirement } from '../support/needs.ts'
import type { Requirement } from '../support/needs.ts'

test("the kernel is a distribution's own", () => {
  expect(process.env['NETLAB_GUEST']).toBe('1')
  expect(release()).toMatch(/^\d+\.\d+\.\d+-.*amd64$/)
})

test.each<Requirement>([
  'sched:netem',
  'sched:tbf',
  'link:vlan',
  'link:vrf',
  'link:wireguard',
  'link:vxlan',
  'link:dummy',
  'cgroup:memory',
])('%s is there', (requirement) => {
  expect(missingRequirement(requirement)).toBeUndefined()
})

test('a netem delay is what ping measures', () => {
  const script = 'ip link set lo up; tc qdisc add dev lo root netem delay 25ms; ping -q -c 3 -i 0.2 127.0.0.1'
  const { stdout, stderr } = spawnSync('unshare', ['--net', 'sh', '-c', script], { encoding: 'utf8' })
  const rttMs = Number(/= ([\d.]+)\//.exec(stdout)?.[1])
  // Both directions cross lo, so the delay counts twice. Up to 6 ms more were seen under load in the guest.
  expect(rttMs, stderr).toBeGreaterThanOrEqual(50)
  expect(rttMs, stderr).toBeLessThan(65)
})

test('cgroup v2 hands its controllers down', () => {
  expect(readFileSync('/sys/fs/cgroup/cgroup.subtree_control', 'utf8').trim().split(' ')).toEqual(
    expect.arrayContaining(['cpu', 'memory', 'pids']),
  )
})
