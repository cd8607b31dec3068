/** Links that end in the machine's own network: root's, and gone with the lab however it ends. */
import { spawnSync } from 'node:child_process'
import { expect } from 'vitest'
import { test, type LiveLab } from '../support/live-lab.ts'

const isRoot = process.getuid?.() === 0

/** Names of its own for a test: the pid of this process and the lab's number are in it. */
function ifnameOf(lab: LiveLab): string {
  return `nl${lab.name.replace(/\D/g, '').slice(-9)}`
}

const yaml = (host: string): string => `
nodes: { r1: {}, h2: {} }
bridges: { lan: { subnet: 10.213.2.0/24 } }
links:
  - { endpoints: [r1, { host: ${host}a }], subnet: 10.213.1.0/24 }
  - [h2, lan]
  - [lan, { host: ${host}b, mtu: 1400, state: down }]
`

function ip(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', words, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
}

const hostLinks = (): readonly string[] => (JSON.parse(ip('-j', 'link')) as { ifname: string }[]).map(({ ifname }) => ifname)

if (isRoot) {
  test('a link into the machine must work, be watched over, and go with the lab', async ({ lab }) => {
    const name = ifnameOf(lab)
    const before = hostLinks()
    await lab.up(yaml(name))
    await lab.sh('r1', 'ping -c 1 -W 5 10.213.1.2')
    expect(ip('-br', 'addr', 'show', 'dev', `${name}a`)).toContain('10.213.1.2/24')
    expect(
      hostLinks()
        .filter((link) => !before.includes(link))
        .sort(),
    ).toEqual([`${name}a`, `${name}b`])
    expect((await lab.up(yaml(name))).plan.operations).toEqual([])

    ip('addr', 'flush', 'dev', `${name}a`)
    ip('link', 'set', `${name}b`, 'mtu', '1300')
    expect((await lab.drift()).map(({ netns, type }) => `${netns} ${type}`).sort()).toEqual(['@host add addr', '@host set link'])
    await lab.up(yaml(name))
    expect(await lab.drift()).toEqual([])

    const without = yaml(name).replace(/ {2}- \[lan, .*\n/, '')
    await lab.up(without)
    expect(hostLinks()).not.toContain(`${name}b`)
    await lab.down()
    expect(hostLinks()).toEqual(before)
  })

  test('a link into the machine must go with a holder that is killed', async ({ lab }) => {
    const name = ifnameOf(lab)
    await lab.up(yaml(name))
    process.kill(lab.notes().holderPid, 'SIGKILL')
    await expect.poll(hostLinks).not.toContain(`${name}a`)
    await lab.down()
  })

  test('a name that the machine has already must be refused, and left alone', async ({ lab }) => {
    const name = ifnameOf(lab)
    ip('link', 'add', `${name}b`, 'type', 'bridge')
    try {
      const { diagnostics } = await lab.refusal(yaml(name))
      const errors = diagnostics.filter(({ severity }) => severity === 'error')
      expect(errors.map(({ code, origin }) => [code, origin?.line])).toEqual([['KERNEL_REFUSED', 7]])
      expect(hostLinks()).toContain(`${name}b`)
      expect(hostLinks()).not.toContain(`${name}a`)
    } finally {
      ip('link', 'del', `${name}b`)
    }
  })
} else {
  test('an ordinary user must be told that only root makes links into the machine', async ({ lab }) => {
    const { diagnostics } = await lab.refusal(yaml(ifnameOf(lab)))
    const errors = diagnostics.filter(({ severity }) => severity === 'error')
    expect(errors.map(({ code, origin }) => [code, origin?.line])).toEqual([
      ['ROOT_NEEDED', 5],
      ['ROOT_NEEDED', 7],
    ])
  })
}
