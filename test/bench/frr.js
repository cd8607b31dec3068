// node test/bench/frr.js [ROUTERS]: FRR routers with OSPF (50) in a ring with chords, by netlab and by a script of `ip` and the same daemons:
// how long until the daemons run, and until every router has a route to every other, and how much memory the processes take (PSS). For root,
// with frr and iproute2. Not part of `npm test`. Needs a build.
import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'

const ROUTERS = Number(process.argv[2] ?? 50)
const LIMIT_MS = 300_000
const LOOK_MS = 200
const DAEMONS = ['zebra', 'ospfd']
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const lab = `frr-bench-${process.pid}`
const folder = mkdtempSync(join(tmpdir(), 'netlab-frr-'))

/** @typedef {{ a: string, b: string, addresses: [string, string] }} Cable */
const names = Array.from({ length: ROUTERS }, (_, i) => `r${i + 1}`)
const pairs = names.flatMap((_, i) => [
  [i, (i + 1) % ROUTERS],
  ...(i % 2 === 0 && i < ROUTERS / 2 ? [[i, i + Math.floor(ROUTERS / 2)]] : []),
])
const cables = pairs.map(([a = 0, b = 0], i) => ({ a, b, addresses: [0, 1].map((end) => `10.1.${i >> 7}.${(2 * i + end) & 255}/31`) }))

try {
  const rows = [
    await measure('netlab', netlabUp, netlabDown, (name) => `${lab}.${name}`),
    await measure('ip and the daemons', ipUp, ipDown, ipName),
  ]
  const head = ['', 'daemons run', 'converged', 'down', 'processes', 'memory (PSS)']
  const table = new Table({ head, style: { head: [], border: [] } })
  table.push(...rows)
  console.log(`${ROUTERS} routers, ${cables.length} cables\n${table.toString()}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param {string} what @param {() => void} bringUp @param {() => void} takeDown @param {(name: string) => string} netnsOf */
async function measure(what, bringUp, takeDown, netnsOf) {
  const before = new Set(pids())
  const started = performance.now()
  try {
    bringUp()
    const running = performance.now() - started
    await converged(names.map(netnsOf), started)
    const done = performance.now() - started
    const own = pids().filter((pid) => !before.has(pid) && /^(zebra|ospfd|staticd|watchfrr|nsexec)/.test(read(`/proc/${pid}/comm`)))
    const memory = own.reduce((sum, pid) => sum + Number(/^Pss: +(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0), 0)
    const ending = performance.now()
    takeDown()
    return [what, seconds(running), seconds(done), seconds(performance.now() - ending), own.length, `${Math.round(memory / 1024)} MiB`]
  } catch (error) {
    takeDown()
    throw error
  }
}

/** Until every router has a route to the loopback of every other. @param {string[]} namespaces @param {number} started */
async function converged(namespaces, started) {
  const waiting = new Set(namespaces)
  while (waiting.size > 0) {
    for (const netns of waiting) {
      const { stdout } = spawnSync('ip', ['-n', netns, 'route', 'show', 'root', '10.0.0.0/16', 'proto', 'ospf'], { encoding: 'utf8' })
      if (stdout.split('\n').filter((line) => /^10\.0\.\d+\.\d+ /.test(line)).length < ROUTERS - 1) break
      waiting.delete(netns)
    }
    if (performance.now() - started > LIMIT_MS) throw new Error(`${waiting.size} routers have not all routes after ${seconds(LIMIT_MS)}`)
    if (waiting.size > 0) await setTimeout(LOOK_MS)
  }
}

// ---- the same network in both ways

/** @param {number} router */
function interfacesOf(router) {
  const ends = cables.flatMap(({ a, b, addresses }) => [
    { router: a, address: addresses[0] ?? '' },
    { router: b, address: addresses[1] ?? '' },
  ])
  return ends.filter((end) => end.router === router).map(({ address }, i) => ({ ifname: `eth${i}`, address }))
}

/** @param {number} router */
function ospfOf(router) {
  const links = interfacesOf(router).map(({ ifname }) => `interface ${ifname}\n ip ospf area 0\n ip ospf network point-to-point\n`)
  return `${links.join('')}interface lo\n ip ospf area 0\nrouter ospf\n ospf router-id ${loopback(router)}\n`
}

/** @param {number} router */
function loopback(router) {
  return `10.0.${(router + 1) >> 8}.${(router + 1) & 255}`
}

function netlabUp() {
  const nodes = names.map((name, i) => {
    const text = ospfOf(i)
      .trim()
      .split('\n')
      .map((line) => `      ${line}`)
      .join('\n')
    return `  ${name}:\n    forwarding: true\n    loopback: ${loopback(i)}/32\n    frr: |\n${text}\n`
  })
  const links = cables.map(
    ({ a, b, addresses: [x, y] }) => `  - [{ node: ${names[a]}, address: ${x} }, { node: ${names[b]}, address: ${y} }]\n`,
  )
  writeFileSync(join(folder, 'lab.yaml'), `nodes:\n${nodes.join('')}links:\n${links.join('')}`)
  mustRun(process.execPath, cli, 'up', join(folder, 'lab.yaml'), '--name', lab)
}

function netlabDown() {
  mustRun(process.execPath, cli, 'down', lab)
}

/** @param {string} name */
function ipName(name) {
  return `${lab}-${name}`
}

/** One batch for the links, then the daemons one after the other, as a script would. */
function ipUp() {
  /** Interfaces of each router so far. @type {Map<number, number>} */
  const used = new Map()
  const ends = (/** @type {number} */ router) => `netns ${ipName(names[router] ?? '')}`
  const lines = names.map((name) => `netns add ${ipName(name)}`)
  const within = names.map((_, i) => [`link set lo up`, `address add ${loopback(i)}/32 dev lo`])
  for (const { a, b, addresses } of cables) {
    const [x, y] = [a, b].map((router) => `eth${used.get(router) ?? 0}`)
    for (const router of [a, b]) used.set(router, (used.get(router) ?? 0) + 1)
    lines.push(`link add ${x} ${ends(a)} type veth peer name ${y} ${ends(b)}`)
    within[a]?.push(`address add ${addresses[0]} dev ${x}`, `link set ${x} up`)
    within[b]?.push(`address add ${addresses[1]} dev ${y}`, `link set ${y} up`)
  }
  writeFileSync(join(folder, 'links'), `${lines.join('\n')}\n`)
  mustRun('ip', '-batch', join(folder, 'links'))
  const { uid, gid } = statSync('/etc/frr')
  for (const [i, name] of names.entries()) {
    writeFileSync(join(folder, name), `${within[i]?.join('\n')}\n`)
    mustRun('ip', '-n', ipName(name), '-batch', join(folder, name))
    const own = join('/run', ipName(name))
    mkdirSync(own)
    writeFileSync(join(own, 'zebra.conf'), 'ip forwarding\n')
    writeFileSync(join(own, 'ospfd.conf'), ospfOf(i))
    for (const path of [own, join(own, 'zebra.conf'), join(own, 'ospfd.conf')]) chownSync(path, uid, gid)
    for (const daemon of DAEMONS) {
      const words = [
        '-d',
        '-f',
        join(own, `${daemon}.conf`),
        '-i',
        join(own, `${daemon}.pid`),
        '-z',
        join(own, 'zserv'),
        '--vty_socket',
        own,
      ]
      mustRun('ip', 'netns', 'exec', ipName(name), join('/usr/lib/frr', daemon), ...words)
    }
  }
}

function ipDown() {
  for (const name of names) {
    const own = join('/run', ipName(name))
    for (const daemon of DAEMONS)
      if (existsSync(join(own, `${daemon}.pid`))) process.kill(Number(read(join(own, `${daemon}.pid`))), 'SIGKILL')
    rmSync(own, { recursive: true, force: true })
    spawnSync('ip', ['netns', 'del', ipName(name)])
  }
}

/** @param {string[]} argv */
function mustRun(...[command = '', ...args]) {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe'] })
  if (status !== 0) throw new Error(error?.message ?? `${command} ${args.join(' ')}: ${stderr.trim()}`)
}

function pids() {
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name))
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}

/** @param {number} ms */
function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`
}
