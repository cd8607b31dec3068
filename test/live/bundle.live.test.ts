/** `netlab test --bundle`: what is to be known of a failure, written while the lab is as the test has left it. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { runFile } from '../../src/check/run-file.ts'
import { test } from '../support/live-lab.ts'

test('a failed test must leave states, packets and a plan', async ({ lab }) => {
  const file = lab.write(
    'lab.yaml',
    'nodes: { h1: {}, h2: {} }\nlinks: [[{ node: h1, address: 10.0.0.1/24 }, h2]]\ntests: [{ from: h1, to: 10.0.0.9, ping: {} }]\n',
  )
  const { bundles } = await runFile(file, { bundle: join(lab.folder, 'out') })
  expect(bundles).toHaveLength(1)
  const text = (name: string): string => readFileSync(join(bundles[0]!, name), 'utf8')
  expect(readdirSync(bundles[0]!).sort()).toEqual([
    'drift.txt',
    'flow.pcapng',
    'inspect.json',
    'lab.yaml',
    'nodes',
    'plan.sh',
    'report.txt',
  ])
  expect(text('nodes/h1.txt')).toMatch(/^\$ ip addr$[^]*inet 10\.0\.0\.1\/24/m)
  expect(text('report.txt')).toContain('who has 10.0.0.9, and nobody answers')
  expect(text('drift.txt')).toContain('Nothing to do')
  // An ARP request went over the wire: EtherType, Ethernet, IPv4, lengths, operation 1.
  expect(readFileSync(join(bundles[0]!, 'flow.pcapng')).includes(Buffer.from('08060001080006040001', 'hex'))).toBe(true)
})
