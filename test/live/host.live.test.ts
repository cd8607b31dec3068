/** The machine must not notice that a lab runs, and have nothing of it afterwards. */
import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { expect } from 'vitest'
import { compareSnapshots, takeSnapshot } from '../support/leaks.ts'
import { test } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const LAB = `
nodes:
  r:
    forwarding: true
    sysctls: { net.ipv4.conf.all.rp_filter: 2, net.ipv4.tcp_ecn: 1 }
    files: { /etc/motd: changed, /etc/netlab-test/new: new, /var/lib/netlab-test/new: new }
    dns: 10.0.0.53
    routes: [10.9.0.0/16 via 10.0.1.2]
    setup: [hostname, touch /tmp/netlab-test /run/netlab-test]
  h1: {}
  h2: {}
bridges: { lan: { subnet: [10.0.0.0/24, "fd00::/64"] }, managed: { address: 10.0.3.1/24 } }
links:
  - [r, lan]
  - [h1, lan]
  - [h2, managed]
  - { endpoints: [r, h2], subnet: 10.0.1.0/24 }
`

/** Files and settings of the host that the lab has changed for itself. */
const HOST_FILES = [
  '/etc/motd',
  '/etc/hosts',
  '/etc/hostname',
  '/etc/resolv.conf',
  '/proc/sys/kernel/hostname',
  '/proc/sys/net/ipv4/ip_forward',
  '/proc/sys/net/ipv4/conf/all/rp_filter',
  '/proc/sys/net/ipv4/tcp_ecn',
]

const hostFiles = () => HOST_FILES.filter((path) => existsSync(path)).map((path) => `${path}: ${readFileSync(path, 'utf8')}`)

/** Says that netlab made /run/netns, which then goes with the last lab. */
const MARK = '/run/netlab/.made-run-netns'

/** What a running lab may show: its processes, its namespaces, its notes, and as root its names under /run/netns. */
function unexpected(differences: readonly string[], labName: string): string[] {
  const runtime = process.env['XDG_RUNTIME_DIR'] ?? '/run'
  const own = [...['/run/netns', '/run/netlab', `${runtime}/netlab`].flatMap((folder) => [folder, `${folder}/${labName}`]), MARK]
  return differences.filter((difference) => {
    if (/^(process|network namespace) left behind/.test(difference)) return false
    const path = /^file in \/run left behind: (.*)$/.exec(difference)?.[1]
    return path === undefined || !own.some((place) => path === place || path.startsWith(`${place}.`))
  })
}

test('the host must be the same while a lab runs, but for its notes and processes, and the same after', async ({ lab }) => {
  const [before, files] = [takeSnapshot(), hostFiles()]
  await lab.up(LAB)
  await lab.sh('r', 'ping -c 1 -W 5 h1 && ping -c 1 -W 5 h2')
  expect(unexpected(compareSnapshots(before, takeSnapshot()), lab.name)).toEqual([])
  expect(hostFiles()).toEqual(files)
  expect(['/etc/netlab-test', '/var/lib/netlab-test', '/tmp/netlab-test', '/run/netlab-test'].filter((path) => existsSync(path))).toEqual(
    [],
  )
  await lab.down()
  expect(compareSnapshots(before, takeSnapshot()).filter((sentence) => !/^(process|network namespace)/.test(sentence))).toEqual([])
  expect(hostFiles()).toEqual(files)
})

test('as root, every node must be found by ip netns', async ({ lab, skip }) => {
  needs({ skip }, 'root')
  await lab.up(LAB)
  const { stdout } = spawnSync('ip', ['netns', 'exec', `${lab.name}.h1`, 'ip', '-o', '-4', 'addr', 'show', 'dev', 'eth0'], {
    encoding: 'utf8',
  })
  expect(stdout).toContain('10.0.0.2/24')
  const bridges = spawnSync('ip', ['-n', lab.name, '-o', 'link', 'show', 'type', 'bridge'], { encoding: 'utf8' })
  expect(bridges.stdout).toContain('lan')
})

test('a name under /run/netns that is taken must be left alone, and told', async ({ lab, skip }) => {
  needs({ skip }, 'root')
  await lab.up('nodes: { a: {} }')
  const path = `/run/netns/${lab.name}.b`
  writeFileSync(path, "somebody else's")
  try {
    const { warnings } = await lab.up('nodes: { a: {}, b: {} }')
    expect(warnings).toMatchObject([{ code: 'NETNS_NAME_TAKEN', severity: 'warning' }])
    expect(readFileSync(path, 'utf8')).toBe("somebody else's")
  } finally {
    rmSync(path)
  }
})

test('a node that has gone must have no name, and be named in no note', async ({ lab, skip }) => {
  needs({ skip }, 'root')
  await lab.up('nodes: { a: {}, b: {} }\nbridges: { lan: {} }\nlinks: [[a, lan], [b, lan]]')
  await lab.up('nodes: { a: {} }')
  expect(lab.notes().hostLinks).toEqual([`/run/netns/${lab.name}.a`])
  expect(readdirSync('/run/netns').filter((name) => name.startsWith(lab.name))).toEqual([`${lab.name}.a`])
})

test('an empty file of the host must outlive a file of a node in its place', async ({ lab, skip }) => {
  needs({ skip }, 'root')
  // In the root directory: nothing of the node's own lies there, so that the file is bound right over the host's.
  const path = `/etc/netlab-test-${process.pid}`
  writeFileSync(path, '')
  try {
    const file = (files: string) => `nodes: { h: { files: { ${files} } } }`
    await lab.up(file(`${path}: covered`))
    expect(await lab.sh('h', `cat ${path}`)).toBe('covered')
    await lab.up(file(''))
    expect(readFileSync(path, 'utf8')).toBe('')
    expect(await lab.sh('h', `cat ${path}`)).toBe('')
  } finally {
    rmSync(path, { force: true })
  }
})
