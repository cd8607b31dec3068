/** Where a node's files may lie. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import { test } from '../support/live-lab.ts'

const CLI = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))

test('a file must bring the folders that it lies in, and leave the rest of theirs in place', async ({ lab }) => {
  await lab.up('nodes: { h1: { files: { /etc/netlab.d/deep/a.conf: "a\\n", /etc/netlab.d/b.conf: "b\\n" } } }')
  expect(await lab.sh('h1', 'cat /etc/netlab.d/deep/a.conf /etc/netlab.d/b.conf')).toBe('a\nb\n')
  expect(await lab.sh('h1', 'test -s /etc/passwd && hostname')).toBe('h1\n')
})

test('a file may lie in a new folder of the root directory', async ({ lab }) => {
  const file = (text: string, more = '') =>
    `nodes: { h1: { files: { /netlab-new/deep/a.conf: "${text}\\n"${more} } }, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n`
  await lab.up(file('a'))
  const look =
    'cat /netlab-new/deep/a.conf; hostname; cat /etc/hostname; ls /sys/class/net; test -d /proc/1; test -r /etc/passwd; ls -A /run /tmp'
  const seen = 'h1\nh1\neth0\nlo\n/run:\n\n/tmp:\n'
  expect(await lab.sh('h1', look)).toBe(`a\n${seen}`)
  expect(await lab.sh('h2', 'test ! -e /netlab-new && ping -c 1 -W 5 h1')).toContain('1 received')
  expect(await lab.drift()).toEqual([])

  await lab.up(file('b', ', /netlab-other: "o\\n", /etc/netlab.d/c: "c\\n"'))
  expect(await lab.sh('h1', `${look}; cat /netlab-other /etc/netlab.d/c`)).toBe(`b\n${seen}o\nc\n`)
  await lab.up('nodes: { h1: {}, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n')
  expect(await lab.sh('h1', 'test ! -e /netlab-new/deep/a.conf && test ! -e /netlab-other && hostname')).toBe('h1\n')
  expect(existsSync('/netlab-new')).toBe(false)
})

test("a file may lie in a folder that is closed to this user, below one that is the node's own already", async ({ lab }) => {
  // The mount makes /etc the node's; /etc/ssl/private is closed on Debian.
  await lab.up('nodes: { h1: { private: [/etc/netlab-none], files: { /etc/ssl/private/a: "a\\n" } } }')
  expect(await lab.sh('h1', 'cat /etc/ssl/private/a; ls /etc/netlab-none')).toBe('a\n')
  await lab.up(
    'nodes: { h1: { private: [/etc/netlab-none], files: { /etc/ssl/private/a: "a\\n", /etc/ssl/b: "b\\n", /etc/ssl/private/new/c: "c\\n" } } }',
  )
  expect(await lab.sh('h1', 'cat /etc/ssl/private/a /etc/ssl/b /etc/ssl/private/new/c')).toBe('a\nb\nc\n')
  expect(await lab.drift()).toEqual([])
})

/** As in a container: /etc/hosts and its like are mounts, and no overlay over /etc shows what is below them. */
test('a new folder may lie beside files that are mounts', ({ lab }) => {
  const file = lab.write('c.yaml', 'nodes: { h1: { files: { /etc/netlab.d/a: "a\\n" }, hosts: { db: 10.0.0.9 } } }\n')
  const mine = lab.write('hosts', '192.0.2.1 host-of-the-container\n')
  const script = `set -e
mount --bind ${mine} /etc/hosts
mount --bind ${mine} /etc/resolv.conf
mount -t tmpfs tmpfs /run
export XDG_RUNTIME_DIR=/run
lab="node ${CLI}"
$lab up ${file} --name ${lab.name}
$lab exec ${lab.name} h1 -- sh -c 'cat /etc/netlab.d/a /etc/hostname; grep db /etc/hosts; test -r /etc/passwd; test ! -e /etc/netlab.d/b'
$lab down ${lab.name}
cat /etc/hosts
test ! -e /etc/netlab.d`
  const namespaces = process.getuid?.() === 0 ? ['--mount'] : ['--user', '--map-root-user', '--mount']
  const { status, stdout, stderr } = spawnSync('unshare', [...namespaces, 'sh', '-c', script], { encoding: 'utf8' })
  expect({ status, stdout, stderr }).toEqual({
    status: 0,
    stdout: 'a\nh1\n10.0.0.9\tdb\n192.0.2.1 host-of-the-container\n',
    stderr: expect.stringContaining('is down') as string,
  })
})
