// `netlab events` against a fake library: who reads decides the form.
import { expect, it } from 'vitest'
import type { LabEvent } from '../../../src/lab/lab-event.ts'
import { libraryOf, netlab } from './fake-context.ts'

const event: LabEvent = { atMs: 0, noun: 'link', action: 'changed', node: 'h1', words: 'eth0 set down', mood: 'bad' }
const library = {
  ...libraryOf({ name: 'dmz' }),
  watchEvents: async (_name: string, hear: (event: LabEvent) => void) => hear(event),
}

it('a program reads one JSON object a line', async () => {
  const { code, stdout } = await netlab(['events'], { library })
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toEqual({
    time: '1970-01-01T00:00:00.000Z',
    lab: 'dmz',
    noun: 'link',
    action: 'changed',
    node: 'h1',
    words: 'eth0 set down',
  })
})

it('people read words', async () => {
  const { stdout } = await netlab(['events', 'dmz'], { library, isTerminal: true })
  expect(stdout).toMatch(/^\d\d:\d\d:\d\d\.000 {2}h1 +eth0 set down\n$/)
})
