// npm run bench: netlab against the floor (floor.c: the system calls and nothing else), and its small commands against Node's own start.
// Runs alternate, floor and netlab by turns, so that a busy minute falls on both; the figures are medians. `npm run bench -- star-100` runs one.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import Table from 'cli-table3'
import { chain, fatTree, formatFloor, formatYaml, pair, star } from './topologies.js'

/** @typedef {import('./topologies.js').Topology} Topology */
/** What one round took, in milliseconds. @typedef {{ up: number, down: number }} Round */

const LARGE = [star(100), star(500), star(1000), chain(100), chain(200), chain(1000), fatTree(4), fatTree(8)]
const MININET_HOSTS = 100
const cli = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const scratch = mkdtempSync(join(tmpdir(), 'netlab-bench-'))
const floor = join(scratch, 'floor')
/** Without root the floor, too, works in a user namespace. */
const asRoot = process.getuid?.() === 0 ? [] : ['unshare', '--user', '--map-root-user']

try {
  if (!existsSync(cli)) throw new Error(`There is no ${cli}. Build it first:\n  npm run build:native && npm run build`)
  mustRun(['cc', '-O2', '-Wall', '-o', floor, fileURLToPath(new URL('floor.c', import.meta.url))])
  const names = process.argv.slice(2)
  const chosen = names.length > 0 ? LARGE.filter(({ name }) => names.includes(name)) : LARGE
  if (chosen.length > 0) console.log(againstFloor(chosen).toString())
  if (names.length === 0) {
    console.log(smallCommands().toString())
    console.log(againstMininet())
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error))
  process.exitCode = 1
} finally {
  rmSync(scratch, { recursive: true, force: true })
}

/** @param {Topology[]} topologies */
function againstFloor(topologies) {
  const table = newTable([
    'topology',
    'nodes',
    'links',
    'floor up',
    'netlab up',
    'ratio',
    'without start',
    'floor down',
    'netlab down',
    'ratio',
  ])
  for (const topology of topologies) {
    const rounds = topology.nodes.length > 300 ? 3 : 5
    const file = writeYaml(topology)
    const floors = []
    const netlabs = []
    for (let round = 0; round < rounds; round++) {
      floors.push(runFloor(topology))
      netlabs.push(runNetlab(topology, file))
      progress(`${topology.name} ${round + 1}/${rounds}`)
    }
    const [floorUp, floorDown] = [median(floors.map(({ up }) => up)), median(floors.map(({ down }) => down))]
    const [up, down] = [median(netlabs.map(({ wall }) => wall.up)), median(netlabs.map(({ wall }) => wall.down))]
    const elapsed = median(netlabs.map((round) => round.elapsed))
    table.push([
      topology.name,
      topology.nodes.length,
      topology.links.length,
      ms(floorUp),
      ms(up),
      (up / floorUp).toFixed(2),
      (elapsed / floorUp).toFixed(2),
      ms(floorDown),
      ms(down),
      (down / floorDown).toFixed(2),
    ])
  }
  return table
}

/** What a user waits for at the keyboard, in multiples of an empty Node program. */
function smallCommands() {
  const topology = pair()
  const file = writeYaml(topology)
  /** @type {{ node: number[], ls: number[], up: number[], down: number[] }} */
  const took = { node: [], ls: [], up: [], down: [] }
  for (let round = 0; round < 11; round++) {
    took.node.push(timed([process.execPath, '-e', '0']))
    took.ls.push(timed([process.execPath, cli, 'ls']))
    took.up.push(timed([process.execPath, cli, 'up', file]))
    took.down.push(timed([process.execPath, cli, 'down', topology.name]))
    progress(`small commands ${round + 1}/11`)
  }
  const node = median(took.node)
  const table = newTable(['command', 'time', 'times node -e 0'])
  table.push(['node -e 0', ms(node), '1.00'])
  for (const [label, values] of /** @type {const} */ ([
    ['netlab ls', took.ls],
    ['netlab up (two hosts)', took.up],
    ['netlab down (two hosts)', took.down],
  ])) {
    table.push([label, ms(median(values)), (median(values) / node).toFixed(2)])
  }
  return table
}

/** One star up and down again: Mininet does both in one process. */
function againstMininet() {
  if (spawnSync('sh', ['-c', 'command -v mn && command -v brctl'], { stdio: 'ignore' }).status !== 0)
    return 'mininet: not installed (apt-get install mininet bridge-utils), not compared'
  if (asRoot.length > 0) return 'mininet: needs root, not compared'
  const topology = star(MININET_HOSTS)
  const file = writeYaml(topology)
  /** @type {[number[], number[]]} */
  const [theirs, ours] = [[], []]
  for (let round = 0; round < 3; round++) {
    theirs.push(timed(['mn', '--topo', `single,${MININET_HOSTS}`, '--switch', 'lxbr', '--controller', 'none', '--test', 'none']))
    const { wall } = runNetlab(topology, file)
    ours.push(wall.up + wall.down)
    progress(`mininet ${round + 1}/3`)
  }
  const [a, b] = [median(theirs), median(ours)]
  return `star of ${MININET_HOSTS} hosts up and down: mininet ${ms(a)}, netlab ${ms(b)}: ${(a / b).toFixed(1)} times as fast`
}

/** @param {Topology} topology @returns {Round} */
function runFloor(topology) {
  const output = mustRun([...asRoot, floor], formatFloor(topology))
  const { up_ms, gone_ms, ping } = /** @type {{ up_ms: number, gone_ms: number, ping: number }} */ (JSON.parse(output))
  if (ping === 0) throw new Error(`floor: the far ends of ${topology.name} do not reach each other`)
  return { up: up_ms, down: gone_ms }
}

/**
 * `wall` is what a user waits, Node's start included; `elapsed` is what the last event of `up --json` says.
 * @param {Topology} topology @param {string} file
 */
function runNetlab(topology, file) {
  const start = performance.now()
  const output = mustRun([process.execPath, cli, 'up', file, '--json'])
  const up = performance.now() - start
  const { elapsedMs } = /** @type {{ elapsedMs?: number }} */ (JSON.parse(output.trim().split('\n').at(-1) ?? '{}'))
  if (elapsedMs === undefined) throw new Error('The last event of `netlab up --json` has no elapsedMs')
  return { wall: { up, down: timed([process.execPath, cli, 'down', topology.name]) }, elapsed: elapsedMs }
}

/** @param {Topology} topology */
function writeYaml(topology) {
  const file = join(scratch, `${topology.name}.yaml`)
  writeFileSync(file, formatYaml(topology))
  return file
}

/** @param {string[]} argv */
function timed(argv) {
  const start = performance.now()
  mustRun(argv)
  return performance.now() - start
}

/** Its standard output; throws with its standard error when it fails. @param {string[]} argv @param {string} input */
function mustRun([command = '', ...args], input = '') {
  const { status, stdout, stderr, error } = spawnSync(command, args, { input, encoding: 'utf8', maxBuffer: 1 << 28 })
  if (status !== 0) throw new Error(`${[command, ...args].join(' ')} failed: ${error?.message ?? stderr}`)
  return stdout
}

/** @param {number[]} values */
function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN
}

/** @param {number} value */
function ms(value) {
  return `${value.toFixed(value < 10 ? 1 : 0)} ms`
}

/** @param {string[]} head */
function newTable(head) {
  return new Table({ head, style: { head: [], border: [] }, colAligns: head.map((_, i) => (i === 0 ? 'left' : 'right')) })
}

/** Only where somebody watches. @param {string} text */
function progress(text) {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[K${text}`)
}
