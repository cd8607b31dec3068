/** The table of README's section on security, tried by a program in a node: what a command can and cannot do, in a lab of root's and of a user's. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { expect } from 'vitest'
import { makeBusyboxTree } from '../support/busybox-tree.ts'
import { test } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

const README = new URL('../../README.md', import.meta.url)
const PROGRAM = new URL('../support/escape.c', import.meta.url)
const isRoot = process.getuid?.() === 0
const LEAVE_ROOT = 'leave its `root:` by chroot(2)'
const OUTLIVE = 'outlive `down` by setsid, nohup and forking twice'
const DISKS = 'read disks in /dev'

/** Rows `| attempt | yes or no in a user's lab | in a lab of root's |`. */
function documented(): Map<string, string> {
  const rows = readFileSync(README, 'utf8').matchAll(/^\| ([^|]+?) +\| (yes|no) +\| (yes|no) +\|$/gm)
  return new Map([...rows].map(([, attempt = '', user = '', root = '']) => [attempt, isRoot ? root : user]))
}

/** Pids of processes with the word in their command line. */
function processesWith(word: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(word)
      } catch {
        return false // it has ended meanwhile
      }
    })
    .map(Number)
}

function hasDisk(): boolean {
  return readdirSync('/dev').some((name) => statSync(join('/dev', name), { throwIfNoEntry: false })?.isBlockDevice() === true)
}

test('what a process of a node can do must be what README says', async ({ lab, skip }) => {
  needs({ skip }, 'command:cc', 'command:busybox')
  const program = join(lab.folder, 'escape')
  execFileSync('cc', ['-static', '-o', program, PROGRAM.pathname])
  makeBusyboxTree(join(lab.folder, 'tree'))
  copyFileSync(program, join(lab.folder, 'tree/bin/escape'))
  const folder = mkdtempSync('/var/tmp/netlab-escape-') // nodes have a /tmp of their own
  const server = createServer().listen(0, '127.0.0.1')
  try {
    const file = join(folder, 'own')
    writeFileSync(file, 'own\n')
    const [victim, stray] = [`victim-${lab.name}`, `stray-${lab.name}`]
    await lab.up(`
nodes:
  h1: { files: { /run/escape: { from: escape, mode: 0755 } } }
  h2: { services: { victim: { run: [sh, -c, "sleep 999; :", ${victim}] } } }
  tree: { root: tree }
links: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]
`)
    const [pid] = processesWith(victim)
    const words = `${pid} ${victim} ${(server.address() as AddressInfo).port} ${file}`
    const outcomes = async (node: string, command: string): Promise<Map<string, string>> => {
      const lines = (await lab.sh(node, `${command} ${words}`)).trim().split('\n')
      return new Map(lines.map((line) => /^(.*): (yes|no)/.exec(line)!.slice(1) as [string, string]))
    }
    const tried = await outcomes('h1', '/run/escape')
    tried.set(LEAVE_ROOT, (await outcomes('tree', '/bin/escape')).get(LEAVE_ROOT)!)
    if (isRoot && !hasDisk()) tried.set(DISKS, 'yes') // there is none to be tried

    await lab.sh('h2', `(setsid nohup sh -c '(sh -c "sleep 999; :" ${stray} &)' >/dev/null 2>&1 &)`)
    await expect.poll(() => processesWith(stray).length).toBeGreaterThan(0)
    await lab.down()
    tried.set(OUTLIVE, processesWith(stray).length === 0 ? 'no' : 'yes')
    expect(Object.fromEntries(tried)).toEqual(Object.fromEntries(documented()))
  } finally {
    server.close()
    rmSync(folder, { recursive: true })
  }
})
