/** Services: started in order, watched, restarted only where they must be, and none outlives its lab. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { controlServices, listServices, serviceLog, type ServiceReport } from '../../src/index.ts'
import { innerProcesses } from '../../src/linux/process.ts'
import { askSupervisor } from '../../src/linux/supervisor.ts'
import { diagnosticOf, test, type LiveLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

async function reportOf(lab: LiveLab, netns: string, service: string): Promise<ServiceReport> {
  const found = (await listServices(lab.name)).find((each) => each.netns === netns && each.service === service)
  if (found === undefined) throw new Error(`${netns} has no service ${service}`)
  return found
}

/** Asks until the service is as wanted. The test's own limit ends it. */
async function until(lab: LiveLab, netns: string, service: string, isWanted: (report: ServiceReport) => boolean): Promise<ServiceReport> {
  for (;;) {
    const report = await reportOf(lab, netns, service)
    if (isWanted(report)) return report
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

test('a service must be ready when `up` returns, and be left alone by the next', async ({ lab, skip }) => {
  needs({ skip }, 'command:python3')
  const yaml = (port: number): string => `
nodes:
  web: { services: { http: { run: "exec python3 -m http.server ${port}", ready: { tcp: ${port} } } } }
  h1:
links: [{ endpoints: [web, h1], subnet: 10.0.0.0/24 }]
`
  await lab.up(yaml(80))
  const fetch = (port: number): string => `python3 -c "import urllib.request; print(urllib.request.urlopen('http://web:${port}/').status)"`
  expect(await lab.sh('h1', fetch(80))).toBe('200\n')
  const before = await reportOf(lab, 'web', 'http')
  expect((await lab.up(yaml(80))).plan.operations).toEqual([])
  expect((await reportOf(lab, 'web', 'http')).pid).toBe(before.pid)
  expect((await lab.up(yaml(8080))).plan.operations.map(({ type }) => type)).toEqual(['start service'])
  expect((await reportOf(lab, 'web', 'http')).pid).not.toBe(before.pid)
  expect(await lab.sh('h1', fetch(8080))).toBe('200\n')
  expect((await lab.up('nodes: { web: , h1: }\nlinks: [{ endpoints: [web, h1], subnet: 10.0.0.0/24 }]')).plan.operations).toMatchObject([
    { type: 'stop service', name: 'http' },
  ])
  expect(await lab.sh('web', 'pgrep -f [h]ttp.server || echo none')).toBe('none\n')
})

test('a service must wait for those that it names, on other nodes too', async ({ lab }) => {
  await lab.up(`
nodes:
  a: { services: { late: { run: "echo late; exec sleep inf", after: ["b:early"], ready: { log: . } } } }
  b: { services: { early: { run: "echo starting; echo ready; exec sleep inf", ready: { log: ^ready$ } } } }
`)
  const [early, late] = [await reportOf(lab, 'b', 'early'), await reportOf(lab, 'a', 'late')]
  expect(late.status!.sinceMs).toBeGreaterThanOrEqual(early.status!.sinceMs)
  expect(serviceLog(lab.name, { netns: 'b', service: 'early' })).toEqual(['starting', 'ready'])
})

test('each condition of `ready` must be waited for', async ({ lab }) => {
  const run = 'touch /run/there; echo said; exec sleep inf'
  await lab.up(`nodes: { h1: { services: { s: { run: "${run}", ready: { log: said, file: /run/there, command: test -e /run/there } } } } }`)
  const error = await lab.refusal(`nodes: { h1: { services: { s: { run: sleep inf, ready: { udp: 9, timeout: 100ms } } } } }`)
  expect(diagnosticOf(error, 'SERVICE_FAILED').detail).toBe(
    'The service s of h1 is not ready after 0.1 s: nothing is bound to udp port 9. What was begun is undone: the lab is as it was.',
  )
  const hanging = await lab.refusal(
    `nodes: { h1: { services: { s: { run: sleep inf, ready: { command: "trap '' TERM; sleep 60", timeout: 300ms } } } } }`,
  )
  expect(diagnosticOf(hanging, 'SERVICE_FAILED').detail).toContain('is not ready after 0.3 s: its `command` has not ended.')
  expect((await reportOf(lab, 'h1', 's')).command).toBe(run)
  expect(await lab.drift()).toEqual([])
})

test('a service that fails during `up` must be told with its last lines and its line, and nothing be left', async ({ lab }) => {
  const error = await lab.refusal(
    'nodes:\n  h1:\n    services:\n      bad: "echo no config >&2; exit 3"\n      worse: [no-such-program]\n      nobody: { run: "true", user: "nobody:no-such" }\n      done: "true"\n',
  )
  expect(error.diagnostics.map(({ detail }) => detail).sort()).toEqual([
    'The service bad of h1 ended with status 3. Nothing of this lab is left.',
    'The service done of h1 ended with status 0. Nothing of this lab is left.',
    'The service nobody of h1 cannot be started: group no-such: no such group in /etc/group: ENOENT: No such file or directory. Nothing of this lab is left.',
    'The service worse of h1 cannot be started: no-such-program: ENOENT: No such file or directory. Nothing of this lab is left.',
  ])
  const { facts, origin } = error.diagnostics.find(({ detail }) => detail.includes('bad'))!
  expect(facts).toContainEqual(['log', 'no config'])
  expect(origin?.line).toBe(4)
  expect(error.diagnostics.find(({ detail }) => detail.includes('done'))?.hint).toContain('`setup`')
  expect(existsSync(lab.directory)).toBe(false)
})

test('what a service leaves in the background must end with it', async ({ lab }) => {
  await lab.up(`
nodes: { h1: { services: { s: "(setsid nohup sleep 1111 &) ; sleep 2222 & exit 0", stubborn: { run: "trap '' TERM; (trap '' TERM; setsid sleep 3333 &); while :; do sleep 4444; done", stop: { timeout: 100ms } } } } }
`)
  const commands = (): string[] => {
    const processes = innerProcesses()
    const node = processes.find(({ argv }) => argv[1] === 'serve' && argv[2] === lab.directory)
    return processes.filter(({ pidns }) => pidns === node?.pidns).map(({ argv }) => argv.join(' ').trim())
  }
  expect(commands()).toEqual(expect.arrayContaining(['sleep 1111', 'sleep 2222', 'sleep 3333', 'sleep 4444']))
  expect((await reportOf(lab, 'h1', 's')).status).toMatchObject({ state: 'running', processes: 2 })
  await controlServices(lab.name, 'h1', undefined, 'stop')
  expect(commands().filter((command) => command.includes('sleep'))).toEqual([])
  expect((await lab.drift()).map(({ cause }) => cause)).toEqual(['it is stopped', 'it is stopped'])
})

test('a service must be started again as its `restart` says, and drift show one that is not', async ({ lab }) => {
  await lab.up(`
nodes:
  h1:
    services:
      once: sleep inf
      again: { run: sleep inf, restart: on-failure }
`)
  await controlServices(lab.name, 'h1', undefined, 'kill 9')
  const again = await until(lab, 'h1', 'again', ({ status }) => status?.restarts === 1 && status.state === 'running')
  expect(again.pid).toBeGreaterThan(0)
  expect((await lab.drift()).map(({ netns, type, cause }) => [netns, type, cause])).toEqual([
    ['h1', 'start service', 'it ended by SIGKILL'],
  ])
  expect((await lab.up(readFileSync(join(lab.folder, 'lab.yaml'), 'utf8'))).plan.operations).toHaveLength(1)
  expect((await reportOf(lab, 'h1', 'once')).status?.state).toBe('running')
})

test('a supervisor that was killed must be seen, and its service be started anew', async ({ lab }) => {
  const yaml = 'nodes: { h1: { services: { s: [sleep, inf] } } }'
  await lab.up(yaml)
  await lab.sh('h1', 'kill -9 $(ps -o ppid= -p $(pgrep -x sleep))')
  await until(lab, 'h1', 's', ({ status }) => status === undefined)
  expect((await lab.drift()).map(({ cause }) => cause)).toEqual(['not there'])
  await lab.up(yaml)
  expect((await reportOf(lab, 'h1', 's')).status).toMatchObject({ state: 'running', processes: 1 })
})

test('a service must have its user, its directory and no more than its own environment', async ({ lab, skip }) => {
  if (process.getuid!() !== 0) needs({ skip }, 'subuid')
  process.env['NETLAB_TEST_SECRET'] = 'seen'
  try {
    await lab.up(`
nodes: { h1: { env: { A: 1, B: 1 }, services: { s: { run: "id -un; pwd; env; echo mine >/tmp/own; cat /tmp/own; echo done >/dev/stderr; exec sleep inf", user: nobody, cwd: /tmp, env: { B: 2 }, ready: { log: ^done } } } } }
`)
  } finally {
    delete process.env['NETLAB_TEST_SECRET']
  }
  const log = serviceLog(lab.name, { netns: 'h1', service: 's' })
  expect(log.slice(0, 2)).toEqual(['nobody', '/tmp'])
  expect(log).toEqual(expect.arrayContaining(['A=1', 'B=2', 'USER=nobody', 'mine']))
  expect(log.join('\n')).not.toContain('NETLAB_TEST_SECRET')
})

test('a log must stay within its bound', async ({ lab }) => {
  await lab.up('nodes: { h1: { services: { s: { run: "seq 1 600000; echo done; exec sleep inf", ready: { log: ^done } } } } }')
  const lines = serviceLog(lab.name, { netns: 'h1', service: 's' })
  expect(lines.at(-1)).toBe('done')
  expect(lines.join('\n').length).toBeLessThan(2 * 2 ** 20 + 65_536)
})

test('a service that never stops writing must not keep those waiting who ask about it', async ({ lab }) => {
  // A pipe of a megabyte, and four that fill it faster than it can be logged.
  const script =
    'import fcntl, os; fcntl.fcntl(1, fcntl.F_SETPIPE_SZ, 1 << 20); os.fork(); os.fork()\nwhile True: os.write(1, b"flood\\n" * 50_000)'
  await lab.up(JSON.stringify({ nodes: { h1: { services: { s: { run: ['python3', '-c', script], ready: { log: '^flood' } } } } } }))
  const start = performance.now()
  for (let count = 0; count < 200; count++) await askSupervisor(lab.directory, { netns: 'h1', service: 's' }, 'status')
  expect(performance.now() - start).toBeLessThan(1500)
})
