/** Rates and sizes are what tc makes of the same words. */
import { spawnSync } from 'node:child_process'
import { expect, test } from 'vitest'
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
  const namespaces = process.getuid?.() === 0 ? ['--net'] : ['--user', '--map-root-user', '--net']
  const { stdout, stderr, status } = spawnSync('unshare', [...namespaces, 'sh', '-c', script], { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
    .replaceAll('}]\n\n', '}]\n')
    .split('\n')
    .slice(0, words.length)
    .map((line) => (line === '' ? undefined : (JSON.parse(line) as { options: Record<string, number> }[])[0]?.options[option]))
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
