/** Rates, sizes, times and percentages are what tc makes of the same words. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
import { parseDuration } from '../../src/unit/duration.ts'
import { parseProbability } from '../../src/unit/probability.ts'
import { parseRate } from '../../src/unit/rate.ts'
import { parseSize } from '../../src/unit/size.ts'
import { needs } from '../support/needs.ts'

/** The kernel's answer to each word, put into `command`; undefined where tc does not take it. */
function readByTc(words: readonly string[], command: string, option: string): (number | undefined)[] {
  const script = words
    .map(
      (word) =>
        `if tc qdisc replace dev lo root ${command.replace('WORD', `'${word}'`)} 2>/dev/null; then tc -j qdisc show dev lo; else echo; fi`,
    )
    .join('\n')
  const { stdout, stderr, status } = inScratch(script)
  expect(status, stderr).toBe(0)
  return stdout
    .replaceAll('}]\n\n', '}]\n')
    .split('\n')
    .slice(0, words.length)
    .map((line) => (line === '' ? undefined : (JSON.parse(line) as { options: Record<string, number> }[])[0]?.options[option]))
}

/** Runs a script in a network of its own. */
function inScratch(script: string): { stdout: string; stderr: string; status: number | null } {
  const namespaces = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net']
  return spawnSync('unshare', [...namespaces, 'sh', '-c', script], { encoding: 'utf8' })
}

/** Where struct tc_netem_qopt stands in a request: behind the headers of netlink and tc, TCA_KIND and the header of TCA_OPTIONS. */
const QOPT = 16 + 20 + 12 + 4
const HANDLE = 16 + 8

/**
 * A field of what tc asks the kernel for, which need not have netem; undefined where tc itself refuses the word. The handle of each discipline
 * tells which word it is.
 */
function sentByTc(words: readonly string[], option: string, field: number): (number | undefined)[] {
  const commands = words.map((word, index) => `tc qdisc add dev lo root handle ${(index + 1).toString(16)}: netem ${option} '${word}'`)
  const { stdout, stderr } = inScratch(
    `log=$(mktemp); strace -f -qq -e trace=sendmsg -e write=all -o $log sh -c "${commands.join('\n')}" 2>/dev/null; cat $log; rm $log`,
  )
  const sent = new Map<number, number>()
  for (const block of stdout.split(' bytes in buffer ').slice(1)) {
    const lines = block.matchAll(/^ \| [0-9a-f]{5} {2}((?:[0-9a-f]{2} {1,2}){1,16})/gm)
    const bytes = Buffer.from([...lines].map(([, hex = '']) => hex.replaceAll(' ', '')).join(''), 'hex')
    if (bytes.length > QOPT + field) sent.set(bytes.readUInt32LE(HANDLE) >>> 16, bytes.readUInt32LE(QOPT + field))
  }
  expect(sent.size, stderr).toBeGreaterThan(0)
  return words.map((_, index) => sent.get(index + 1))
}

test('a rate is what tc makes of it', ({ skip }) => {
  needs({ skip }, 'sched:tbf')
  const words = [
    '10mbit',
    '1kibit',
    '1kbit',
    '1kbps',
    '1KiBps',
    '5000',
    '1.5mbit',
    '10MBit',
    '2Mibps',
    '1gbit',
    '1gibit',
    '800bit',
    '80bps',
    '10Mb',
    '7b',
    '3k',
    '2m',
    '1 mbit x',
  ]
  const ours = words.map((word) => parseRate(word).value)
  expect(ours).toEqual(readByTc(words, 'tbf rate WORD burst 100kb latency 50ms', 'rate'))
})

test('a size is what tc makes of it', ({ skip }) => {
  needs({ skip }, 'sched:bfifo')
  const words = ['1600', '32kb', '32k', '3Kb', '1mb', '1m', '64kbit', '1mbit', '1gbit', '1.5kb', '10b', '5kib', '10bit', '1tb']
  expect(words.map((word) => parseSize(word).value)).toEqual(readByTc(words, 'bfifo limit WORD', 'limit'))
})

/** By word, so that a difference names its word. */
function expectSame(words: readonly string[], ours: (word: string) => number | undefined, theirs: readonly (number | undefined)[]): void {
  expect(words.map((word) => [word, ours(word)])).toEqual(words.map((word, index) => [word, theirs[index]]))
}

test('a time is what tc makes of it', ({ skip }) => {
  needs({ skip }, 'command:strace')
  const words = [
    ...['20ms', '1.5s', '100us', '100usec', '100usecs', '100msecs', '1sec', '2secs', '20MS', '1S', '0', '.5s', '1.s', '1e-3s', '1e3us'],
    ...['1.5E+2us', '3.7us', '64us', '-1ms', '1,5s', '5x', '', 'ms', '1e', '250 ms x'],
  ]
  // tc cuts off what is less than a microsecond, then counts in ticks of 64 ns.
  const ticks = (ns: bigint | undefined): number | undefined => (ns === undefined ? undefined : Number(((ns / 1000n) * 1000n) / 64n))
  expectSame(words, (word) => ticks(parseDuration(word).value), sentByTc(words, 'delay', 0))
})

test('a percentage is what tc makes of it', ({ skip }) => {
  needs({ skip }, 'command:strace')
  const words = [
    ...['1%', '0.3%', '0.1', '1', '1e-3', '1e1%', '1E1%', '1e2%', '100%', '0%', '5.%', '33.333333%', '12.5%', '99.999999%'],
    ...['101%', '100.0001%', '-1%', '1%%', '+1%', 'nan', 'inf', '1,5%', '', 'random', '1e3%'],
  ]
  expectSame(words, (word) => parseProbability(word).value, sentByTc(words, 'loss', 8))
})
