// node test/bench/cycles.js [COUNT]: brings a lab with five services up and down COUNT times (1,000) and tells what it has left behind:
// processes, cgroups, mounts, files, descriptors of this process, and what the kernel's slab caches have grown by (/proc/slabinfo, for root
// alone; other work on the machine shows there, too). In every tenth cycle the client is killed in the middle. Exit status 1: something of the
// lab is left. Not part of `npm test`: it takes about a second for each cycle. Needs a build.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'

// Behind a variable: the type check does not look into what is built.
const library = new URL('../../dist/index.js', import.meta.url).href
const { up, down } = await import(library)

const COUNT = Number(process.argv[2] ?? 1000)
/** What is loaded or filled once, such as caches, is no leak. */
const WARM_UP = 20
const KILL_EVERY = 10
const OPERATIONS = 40
const name = `cycles-${process.pid}`
const isRoot = process.getuid?.() === 0

/** Caches of what a lab is made of. */
const SLABS = [
  'net_namespace',
  'mnt_cache',
  'dentry',
  'proc_inode_cache',
  'sock_inode_cache',
  'pid_namespace',
  'uts_namespace',
  'user_namespace',
  'nsproxy',
  'task_struct',
  'pid',
  'cred_jar',
  'kmalloc-8k',
]
/** Services that end, that fork twice out of their session, that are limited, that listen, that log. */
const yaml = (/** @type {string} */ limits) => `
nodes:
  web: { services: { http: { run: python3 -m http.server 80, ready: { tcp: 80 } } } }
  stray: { services: { fork: { run: "(setsid nohup sh -c '(sleep 9999 &)' &); exec sleep 9999" } } }
  held: { ${limits}isolate: [pid, ipc, cgroup], services: { idle: "exec sleep 9999" } }
  log: { services: { log: { run: "echo started; exec sleep 9999", ready: { log: started } } } }
  file: { files: { /etc/netlab-cycle: x }, private: [/var/lib], services: { file: { run: "touch /tmp/ready; exec sleep 9999", ready: { file: /tmp/ready } } } }
bridges: { lan: { subnet: [10.0.0.0/24, "fd00::/64"] } }
links: [ [web, lan], [stray, lan], [held, lan], [log, lan], [file, lan] ]
`

const folder = mkdtempSync(join(tmpdir(), 'netlab-cycles-'))
try {
  const file = join(folder, `${name}.yaml`)
  writeFileSync(file, yaml(isRoot ? 'limits: { pids: 50 }, ' : ''))
  for (let cycle = 0; cycle < WARM_UP; cycle++) await cycleOnce(file, cycle)
  const before = figures()
  const started = performance.now()
  for (let cycle = 1; cycle <= COUNT; cycle++) {
    await cycleOnce(file, cycle)
    if (cycle % 100 === 0) process.stderr.write(`${cycle} cycles, ${((performance.now() - started) / 1000).toFixed(0)} s\n`)
  }
  const table = new Table({ head: ['', 'before', `after ${COUNT} cycles`, 'grown'], style: { head: [], border: [] } })
  for (const [what, now] of figures()) table.push([what, before.get(what) ?? 0, now, now - (before.get(what) ?? 0)])
  console.log(table.toString())
  const left = leftovers()
  console.log(left.length === 0 ? 'Nothing of the lab is left.' : `Left behind:\n${left.join('\n')}`)
  process.exitCode = left.length === 0 ? 0 : 1
} finally {
  rmSync(folder, { recursive: true, force: true })
}

/** @param {string} file @param {number} cycle */
async function cycleOnce(file, cycle) {
  if (cycle % KILL_EVERY === 1) await killMidway(file, cycle)
  else await up(file, { name })
  // A client that was killed before its lab had a directory has left nothing to be taken down.
  if (existsSync(join(stateFolder(), name))) await down(name)
}

/** Another process, which kills itself at one operation or another: every one has its turn. @param {string} file @param {number} cycle */
async function killMidway(file, cycle) {
  const at = String(((cycle - 1) / KILL_EVERY) % OPERATIONS)
  const script = fileURLToPath(new URL('../support/crash-up.js', import.meta.url))
  await once(spawn(process.execPath, [script, file, name, at, '1'], { stdio: 'ignore' }), 'exit')
}

function stateFolder() {
  return isRoot ? '/run/netlab' : `${process.env['XDG_RUNTIME_DIR'] ?? '/tmp'}/netlab`
}

/** Whatever bears the name of the lab. */
function leftovers() {
  return [
    ...processes().map(({ pid, words }) => `process ${pid} ${words}`),
    ...mounts().map((line) => `mount ${line}`),
    ...cgroups('/sys/fs/cgroup', 3).map((path) => `cgroup ${path}`),
    ...[stateFolder(), '/run/netns']
      .flatMap((path) => entries(path).map((entry) => join(path, entry)))
      .filter((path) => path.includes(name)),
  ]
}

function figures() {
  if (isRoot) writeFileSync('/proc/sys/vm/drop_caches', '2\n') // what nobody uses is not a leak
  const slab = isRoot ? readFileSync('/proc/slabinfo', 'utf8') : ''
  const countOf = (/** @type {string} */ cache) => Number(new RegExp(`^${cache} +(\\d+)`, 'm').exec(slab)?.[1] ?? 0)
  return new Map([
    ['processes of the machine', entries('/proc').filter((entry) => /^\d+$/.test(entry)).length],
    ['mounts of this namespace', readFileSync('/proc/self/mounts', 'utf8').split('\n').length - 1],
    ['cgroups, dying ones too', cgroupCount()],
    ['descriptors of this process', entries('/proc/self/fd').length],
    ['resident memory of this process, MiB', Math.round(process.memoryUsage().rss / 2 ** 20)],
    ['unreclaimable slab, KiB', Number(/^SUnreclaim: +(\d+)/m.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1] ?? 0)],
    ...SLABS.map((cache) => /** @type {const} */ ([`slab ${cache}`, countOf(cache)])).filter(([, count]) => count > 0),
  ])
}

function cgroupCount() {
  const lines = readFileSync('/proc/cgroups', 'utf8').trim().split('\n').slice(1)
  return lines.reduce((sum, line) => sum + Number(line.split('\t')[2]), 0)
}

function processes() {
  return entries('/proc')
    .filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid)
    .map((pid) => ({
      pid,
      words: read(`/proc/${pid}/cmdline`).replaceAll('\0', ' '),
      environ: read(`/proc/${pid}/environ`),
      cwd: cwdOf(pid),
    }))
    .filter(({ words, environ, cwd }) => [words, environ, cwd].some((text) => text.includes(name)))
}

function mounts() {
  return readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .filter((line) => line.includes(name))
}

/** @param {string} path @param {number} depth @returns {string[]} */
function cgroups(path, depth) {
  const below = entries(path).map((entry) => join(path, entry))
  return depth === 0
    ? []
    : [...below.filter((found) => found.includes(`netlab.${name}`)), ...below.flatMap((found) => cgroups(found, depth - 1))]
}

/** @param {string} path @returns {string[]} */
function entries(path) {
  try {
    return readdirSync(path)
  } catch {
    return [] // a file, or gone meanwhile
  }
}

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return '' // ended meanwhile, or somebody else's
  }
}

/** @param {string} pid */
function cwdOf(pid) {
  try {
    return readlinkSync(`/proc/${pid}/cwd`)
  } catch {
    return ''
  }
}
