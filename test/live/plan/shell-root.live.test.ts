/** Roots, overlays and images in the script of a plan: its nodes must see the same files as netlab's own. */
import { existsSync, readdirSync, rmSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { expect, vi } from 'vitest'
import { plan } from '../../../src/index.ts'
import { formatPlanShell } from '../../../src/plan/shell.ts'
import { makeBusyboxTree } from '../../support/busybox-tree.ts'
import { makeImage, BUSYBOX_LAYER } from '../../support/image-layout.ts'
import { runInScratch } from '../../support/ip-json.ts'
import { test } from '../../support/live-lab.ts'

const YAML = `
nodes:
  tree:
    root: tree
    overlay: { save: state }
    mounts: { /srv/www: { from: www, ro: true }, /cache/x: { tmpfs: 1mb }, /etc/one: www/a }
    private: [/srv/own]
    files: { /etc/site/conf: "conf\\n", /etc/away/linked: "linked\\n", /bin/hi: { content: "#!/bin/sh\\necho hi\\n", mode: "0755" } }
    setup: ["echo done >/etc/setup", [touch, /srv/own/made]]
    services: { who: { run: "echo $WHO in $(pwd) >/run/who; exec sleep 100", env: { WHO: it's me }, cwd: /srv, ready: { file: /run/who } } }
  image:
    image: image
    services: { main: { run: image, ready: { file: /tmp/main } } }
  machine: { overlay: true, setup: "echo mine >/netlab-mine; echo new >/srv/netlab-new" }
links: [[tree, machine], [image, machine]]
`

/** What each node is asked: the network is not the matter here. */
const QUESTIONS = {
  tree: 'cat /etc/release /srv/linked /etc/site/conf /etc/setup /etc/hostname /etc/hosts /srv/www/a /etc/one /run/who; ls / /srv /srv/own /cache /sys/class/net; hi; touch /srv/www/z 2>&1; stat -c "%a %n" /bin/hi /tmp /etc',
  image: 'cat /srv/text /tmp/main /etc/hostname; ls / /old; test -e /gone || echo gone',
  machine: 'cat /netlab-mine /srv/netlab-new /etc/hostname; ls /sys/class/net; test -d /proc/self && test -c /dev/null && echo there',
}

test('what the script shows a node must be what netlab shows it, and all of it go again', async ({ lab }) => {
  vi.stubEnv('XDG_CACHE_HOME', join(lab.folder, 'cache'))
  makeBusyboxTree(join(lab.folder, 'tree'))
  symlinkSync('/srv', join(lab.folder, 'tree/etc/away')) // not the machine's /srv
  lab.write('www/a', 'a\n')
  makeImage(join(lab.folder, 'image'), {
    layers: [
      [...BUSYBOX_LAYER, { path: 'old/a', data: 'a' }, { path: 'gone', data: 'x' }],
      [{ path: 'old/.wh..wh..opq' }, { path: 'old/b', data: 'b' }, { path: '.wh.gone' }, { path: 'srv/text', data: 'text\n' }],
    ],
    config: {
      Env: ['PATH=/bin', 'GREETING=a=b c'],
      Entrypoint: ['sh', '-c'],
      Cmd: ['echo $GREETING in $(pwd) >/tmp/main; exec sleep 100'],
      WorkingDir: '/srv',
    },
  })
  await lab.up(YAML)
  const wanted = await Promise.all(Object.entries(QUESTIONS).map(async ([node, question]) => `${node}:\n${await lab.sh(node, question)}`))
  await lab.down()
  rmSync(join(lab.folder, 'state'), { recursive: true })

  const { plan: planned } = await plan(join(lab.folder, 'lab.yaml'), { name: lab.name })
  const script = lab.write('lab.sh', formatPlanShell(planned))
  const ask = Object.entries(QUESTIONS).map(([node, question]) => `echo ${node}:; in_root ${lab.name}.${node} '' / '' sh -c '${question}'`)
  const started = [`tree/root/run/who`, `image/root/tmp/main`].map((path) => `until [ -s $ROOTS/${lab.name}.${path} ]; do sleep 0.05; done`)
  const answers = runInScratch(
    `. ${script}\n${[...started, ...ask].join('\n')}\nsh ${script} down\nls $ROOTS; grep -c $ROOTS /proc/self/mounts || true`,
  )
  expect(answers).toBe(`${wanted.join('')}0\n`)
  expect(['/netlab-mine', '/srv/netlab-new', '/srv/linked'].filter(existsSync)).toEqual([])
  expect(readdirSync(join(lab.folder, 'tree'))).toEqual(['bin', 'etc', 'srv'])
})
