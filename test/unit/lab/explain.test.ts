import { describe, expect, it } from 'vitest'
import { explainRefusal } from '../../../src/lab/explain.ts'
import type { Operation } from '../../../src/plan/operation.ts'

const origin = { file: 'lan.yaml', line: 7, column: 9, length: 4 }
const ADDR: Operation = {
  type: 'add addr',
  netns: 'h1',
  cause: 'not there',
  origin,
  addr: { ifname: 'eth0', family: 4, local: '10.0.0.1', prefixlen: 24 },
}
const SYSCTL: Operation = { type: 'set sysctl', netns: 'h1', cause: 'not there', name: 'net.ipv4.ip_forward', value: '1' }

describe('explainRefusal', () => {
  it('names the operation, its place, the words of the kernel and the command that does the same', () => {
    const refusal = { index: 1, code: 'EINVAL', extack: 'ipv4: Invalid scope value', attribute: 'IFA_LOCAL' }
    expect(explainRefusal('lan', [SYSCTL, ADDR], refusal, 'Nothing is left.')).toEqual({
      code: 'KERNEL_REFUSED',
      severity: 'error',
      detail: 'Nothing is left.',
      origin,
      facts: [
        ['doing', expect.stringMatching(/^add addr .* in netns h1 {3}\(operation #2 of 2\)$/)],
        ['kernel', 'EINVAL: ipv4: Invalid scope value (IFA_LOCAL)'],
        ['same as', expect.stringMatching(/addr add 10\.0\.0\.1\/24/)],
      ],
    })
  })

  it.each([
    [{ code: 'EPERM' }, 'EPERM: (the kernel gave no further words)'],
    [{ code: 'ENOENT', syscall: 'openat net/ipv4/ip_forward' }, 'ENOENT: (openat net/ipv4/ip_forward)'],
  ])('says so when the kernel gave no words: %j', (refusal, words) => {
    const { facts } = explainRefusal('lan', [SYSCTL], { index: 0, ...refusal }, '')
    expect(facts).toContainEqual(['kernel', words])
  })

  it.each([
    ['EEXIST', /^It was not in h1 when the plan was made, and netlab did not make it\. Undone\.$/],
    ['ENODEV', /^It was in h1 when the plan was made, and netlab did not take it away\. Undone\.$/],
    ['EINVAL', /^Undone\.$/],
  ])('tells another hand by %s', (code, detail) => {
    expect(explainRefusal('lan', [ADDR], { index: 0, code }, 'Undone.').detail).toMatch(detail)
  })

  it('says how many open files a lab takes where there are too few', () => {
    const add: Operation = { type: 'add netns', netns: 'h1', kind: 'node', cause: 'not there' }
    const { detail, hint } = explainRefusal('lan', [add], { index: 0, code: 'EMFILE', syscall: 'openat mnt' }, 'Undone.')
    expect(detail).toMatch(/^The limit of open files \(RLIMIT_NOFILE\) is reached: .* Undone\.$/)
    expect(hint).toContain('ulimit -n')
  })

  it('leaves it to the kernel to say what else was there', () => {
    const extack = 'A VXLAN device with the specified VNI already exists'
    expect(explainRefusal('lan', [ADDR], { index: 0, code: 'EEXIST', extack }, 'Undone.').detail).toBe('Undone.')
    expect(explainRefusal('lan', [ADDR], { index: 0, code: 'EEXIST', syscall: 'mkdir /proc' }, 'Undone.').detail).toBe('Undone.')
  })

  it('says whose an address in the table of a bridge may be', () => {
    const add: Operation = {
      type: 'add fdb',
      netns: '@fabric',
      cause: 'not there',
      ifname: 'h1.eth0',
      fdb: { lladdr: '02:00:00:00:00:0a' },
    }
    expect(explainRefusal('lan', [add], { index: 0, code: 'EEXIST' }, 'Undone.').detail).toBe(
      '02:00:00:00:00:0a is in the table already: the bridge has it, one of its ports has it, or another program put it there. Undone.',
    )
  })

  it('says where an ordinary user may write instead', () => {
    const file = { mode: 0o644, content: 'x', sha256: '' }
    const write: Operation = { type: 'write file', netns: 'h1', cause: 'not there', path: '/root/x', file }
    const { detail, hint } = explainRefusal('lan', [write], { index: 0, code: 'EACCES', syscall: 'lstat /root/x' }, 'Undone.')
    expect(detail).toBe('/root/x lies in a folder of another user of this machine, and root of a node may no more than you. Undone.')
    expect(hint).toBe('Take another path, e.g. under /etc, or have the tree of its `root` belong to you, or bring the lab up as root.')
  })

  it('says of a sysctl that is not there whose it is', () => {
    const { detail } = explainRefusal('lan', [SYSCTL], { index: 0, code: 'ENOENT', syscall: 'openat' }, 'Undone.')
    expect(detail).toBe("h1 has no sysctl net.ipv4.ip_forward: it is the machine's alone. Undone.")
  })

  it('points to the doctor where the kernel may lack something', () => {
    expect(explainRefusal('lan', [SYSCTL], { index: 0, code: 'ENOENT', syscall: 'openat' }, '').command?.line).toBe('netlab doctor')
    expect(explainRefusal('lan', [ADDR], { index: 0, code: 'ENOENT' }, '').command).toBeUndefined()
  })
})
