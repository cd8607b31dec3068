/** Notes that somebody has damaged, and names that somebody had before: told, with a way out. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { down, listLabs } from '../../src/index.ts'
import { diagnosticOf, test } from '../support/live-lab.ts'
import { isRunning } from '../support/processes.ts'

const FILE = 'nodes: { h1: {}, h2: {} }\nlinks: [{ endpoints: [h1, h2], subnet: 10.0.0.0/24 }]\n'

test('a lab whose notes are damaged must be refused by name, and go by force', async ({ lab }) => {
  await lab.up(FILE)
  const { holderPid } = lab.notes()
  writeFileSync(join(lab.directory, 'state.json'), '{ "holderPid": ')
  const refused = diagnosticOf(await lab.refusal(FILE), 'STATE_DAMAGED')
  expect(refused.command?.line).toBe(`netlab down --force ${lab.name}`)
  await expect(lab.drift()).rejects.toThrow(/STATE_DAMAGED/)
  await expect(lab.node('h1').exec(['true'])).rejects.toThrow(/STATE_DAMAGED/)
  await expect(lab.down()).rejects.toThrow(/STATE_DAMAGED/)
  expect(listLabs().find(({ name }) => name === lab.name)).toMatchObject({ state: 'dead' })
  await down(lab.name, { force: true })
  expect(isRunning(holderPid)).toBe(false)
  expect(existsSync(lab.directory)).toBe(false)
  expect(existsSync('/run/netns') ? readdirSync('/run/netns').filter((name) => name.startsWith(lab.name)) : []).toEqual([])
})

test("a namespace of the node's name that others made must be told and left alone", async ({ lab }) => {
  if (process.getuid?.() !== 0) {
    await lab.up(FILE)
    expect(existsSync(`/run/netns/${lab.name}.h1`)).toBe(false) // theirs are not there to be taken
    return
  }
  const had = existsSync('/run/netns')
  mkdirSync('/run/netns', { recursive: true })
  const path = `/run/netns/${lab.name}.h1`
  writeFileSync(path, 'mine')
  try {
    const { warnings } = await lab.up(FILE)
    expect(warnings).toMatchObject([{ code: 'NETNS_NAME_TAKEN', origin: { line: 1 } }])
    await lab.down()
    expect(readFileSync(path, 'utf8')).toBe('mine')
  } finally {
    rmSync(path)
    if (!had) rmSync('/run/netns', { recursive: true })
  }
})
