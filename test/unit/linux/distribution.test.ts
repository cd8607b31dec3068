// The tables against those that iproute2 ships, and against their digests where it is not installed.
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { distributionTable } from '../../../src/linux/message/distribution.ts'

const FOLDERS = ['/usr/lib/tc', '/usr/share/tc', ...multiarch()]

function multiarch(): string[] {
  return readdirSync('/usr/lib')
    .filter((name) => name.includes('-linux-'))
    .map((name) => `/usr/lib/${name}/tc`)
}

function numbers(table: Buffer): number[] {
  return Array.from({ length: table.length / 2 }, (_, index) => table.readInt16LE(index * 2))
}

const DIGESTS = {
  normal: 'ea496767068d0be9eb46cb69ee90470105525b9090a6d479dadf04db0f3d44a5',
  pareto: 'bb133e76721f7df4fd75dd647aad368fa8e9eaf9b9797fc8d208dde5f9ffbd2a',
  paretonormal: 'ca372e5f4871aa11f38e71c82bd18e074e068f0704291e8a859ebd1aaee2f9f1',
}

describe.each(['normal', 'pareto', 'paretonormal'] as const)('%s', (name) => {
  const file = FOLDERS.map((folder) => `${folder}/${name}.dist`).find((path) => existsSync(path))

  it.skipIf(file === undefined)('is the table of tc', () => {
    const text = readFileSync(file!, 'utf8')
    const theirs = text
      .split('\n')
      .filter((line) => !line.startsWith('#'))
      .flatMap((line) => line.trim().split(/\s+/).filter(Boolean).map(Number))
    expect(numbers(distributionTable(name))).toEqual(theirs)
  })

  it('has not changed', () => {
    expect(createHash('sha256').update(distributionTable(name)).digest('hex')).toBe(DIGESTS[name])
  })
})
