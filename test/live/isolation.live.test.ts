/** What a node has of its own beyond its network, and what a process in it cannot get at. */
import { createServer } from 'node:net'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as plain } from 'vitest'
import { listServices } from '../../src/index.ts'
import { sharedLab, test } from '../support/live-lab.ts'
import { isRunning } from '../support/processes.ts'

const isRoot = process.getuid?.() === 0

describe('a default node', () => {
  const lab = sharedLab(`
nodes:
  h1: { services: { s: "exec sleep 1111" } }
  h2: { services: { s: "exec sleep 2222" } }
links: [[h1, h2]]
`)
  const states = async (): Promise<(string | undefined)[]> => (await listServices(lab.name)).map(({ status }) => status?.state)

  plain('must see its own processes alone, below a PID 1 of its own', async () => {
    const processes = await lab.sh('h1', 'cat /proc/[0-9]*/cmdline | tr "\\0" " "')
    expect(processes).toContain('sleep 1111')
    expect(processes).not.toContain('sleep 2222')
    expect(processes).not.toContain('nsexec hold')
    expect(await lab.sh('h1', 'cat /proc/1/comm')).toBe('nsexec init\n')
  })

  plain('must not end what runs in another, whatever it kills', async () => {
    const [, other] = await listServices(lab.name)
    await lab.node('h1').exec(['sh', '-c', 'kill -KILL -1'])
    expect((await states())[1]).toBe('running')
    expect(isRunning(other!.pid!)).toBe(true)
    expect(await lab.sh('h1', 'kill -TERM 1; kill -KILL 1; cat /proc/1/comm')).toBe('nsexec init\n')
    const { plan } = await lab.up(readFileSync(join(lab.folder, 'lab.yaml'), 'utf8'))
    expect(plan.operations.map(({ netns, type }) => [netns, type])).toEqual([['h1', 'start service']])
    expect(await states()).toEqual(['running', 'running'])
  })

  plain('must collect what its processes leave', async () => {
    await lab.sh('h1', 'for i in $(seq 50); do (true &); done; sleep 0.2')
    expect(await lab.sh('h1', 'cat /proc/[0-9]*/stat | grep -c ") Z" || true')).toBe('0\n')
  })

  plain('must have shared memory of its own', async () => {
    await lab.sh('h1', 'echo mine >/dev/shm/netlab-test')
    expect(existsSync('/dev/shm/netlab-test')).toBe(false)
    expect((await lab.node('h2').exec(['cat', '/dev/shm/netlab-test'])).status).not.toBe(0)
  })

  plain("must not reach the machine's network, nor its sockets", async () => {
    const server = createServer((socket) => socket.end('reached'))
    await new Promise<void>((resolve) => server.listen(0, '0.0.0.0', resolve))
    const { port } = server.address() as { port: number }
    const connect = async (host: string): Promise<number> =>
      (await lab.node('h1').exec(['bash', '-c', `exec 3<>/dev/tcp/${host}/${port}`])).status
    const addresses = ['127.0.0.1', ...machineAddresses()]
    for (const address of addresses) expect(await connect(address), address).not.toBe(0)
    server.close()
    expect(await lab.sh('h1', 'ls /run /tmp')).not.toMatch(/docker|dbus|systemd/)
  })

  plain.skipIf(isRoot)("must not write the machine's files, but where its user may", async () => {
    for (const path of ['/usr/netlab-test', '/var/netlab-test', '/dev/sda', '/dev/mem', '/boot/netlab-test'])
      expect((await lab.node('h1').exec(['sh', '-c', `echo x >${path}`])).status, path).not.toBe(0)
    expect((await lab.node('h1').exec(['chown', '65534', '/etc/passwd'])).status).not.toBe(0)
  })

  plain('must end with its PID 1, and begin anew', async () => {
    const [h1] = await listServices(lab.name)
    const init = parentOf(parentOf(h1!.pid!))
    process.kill(init, 'SIGKILL')
    await expect.poll(states).toEqual([undefined, 'running'])
    expect(await lab.sh('h1', 'cat /proc/1/comm')).toBe('nsexec init\n')
  })
})

/** IPv4 addresses of this machine, as /proc/net/fib_trie lists them. */
function machineAddresses(): string[] {
  const lines = readFileSync('/proc/net/fib_trie', 'utf8').split('\n')
  const local = lines.flatMap((line, index) => (/host LOCAL/.test(line) ? (/\d+\.\d+\.\d+\.\d+/.exec(lines[index - 1] ?? '') ?? []) : []))
  return [...new Set(local)].filter((address) => !address.startsWith('127.')).slice(0, 3)
}

function parentOf(pid: number): number {
  return Number(/^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}

test('`isolate` must be as the file says, and a change restart what runs', async ({ lab }) => {
  const yaml = (isolate: string): string => `nodes: { h1: { isolate: ${isolate}, services: { s: "exec sleep 1111" } } }`
  const inode = async (kind: string): Promise<string> => lab.sh('h1', `readlink /proc/self/ns/${kind}`)
  await lab.up(yaml('[]'))
  expect((await lab.sh('h1', 'cat /proc/1/cmdline')).split('\0')[1]).toBe('hold')
  const before = await Promise.all(['pid', 'ipc', 'cgroup', 'time'].map(inode))

  const { plan } = await lab.up(yaml('[pid, ipc, cgroup, { time: { boottime: 1000h, monotonic: 2000h } }]'))
  expect(plan.operations.map(({ type, cause }) => [type, cause])).toEqual([
    ['set isolation', 'it isolates -, the file says pid,ipc,cgroup,time=3600000000/7200000000'],
    ['start service', 'its definition has changed'],
  ])
  const after = await Promise.all(['pid', 'ipc', 'cgroup', 'time'].map(inode))
  expect(after.filter((each, index) => each === before[index])).toEqual([])
  const [hours] = (await lab.sh('h1', 'cat /proc/uptime')).split('.').map((seconds) => Math.floor(Number(seconds) / 3600))
  expect(hours).toBeGreaterThanOrEqual(1000)
  expect(await lab.drift()).toEqual([])
  expect((await listServices(lab.name))[0]!.status!.state).toBe('running')

  const { plan: back } = await lab.up(yaml('[pid]'))
  expect(back.operations.map(({ type }) => type)).toEqual(['set isolation', 'start service'])
  expect(await inode('ipc')).toBe(before[1])
})

test("a signal from outside to a node's PID 1 must reach its processes", async ({ lab }) => {
  await lab.up(`nodes: { h1: { services: { s: "trap 'echo got; exit 0' USR1; echo ready; while :; do sleep 0.05; done" } } }`)
  const [service] = await listServices(lab.name)
  process.kill(parentOf(parentOf(service!.pid!)), 'SIGUSR1')
  await expect.poll(async () => (await listServices(lab.name))[0]!.status!.state).toBe('ended')
})
