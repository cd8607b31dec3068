// What the firewall of firewall.yaml lets through. `npm test`, as root or not.
import { fileURLToPath } from 'node:url'
import { up, type Lab } from 'netlab'
import 'netlab/vitest'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const file = fileURLToPath(new URL('firewall.yaml', import.meta.url))
let lab: Lab

beforeAll(async () => {
  // A name of its own: test files run side by side, and so may you and somebody else.
  lab = await up(file, { name: `firewall-${process.pid}` })
})
afterAll(() => lab.down())

describe.concurrent('the firewall', () => {
  test('must let the client see the web page', async () => {
    await expect(lab.node('client')).toReach('web', { tcp: 80 })
  })

  test('must let nothing else in', async () => {
    const client = lab.node('client')
    await expect(client).not.toReach('web', { tcp: [22, 443] })
    await expect(client).not.toReach('web')
    expect(await client.tcp('web', 22, { timeoutMs: 500 })).toMatchObject({ outcome: 'filtered' })
  })

  test('must let the web server out, and its answers in', async () => {
    await expect(lab.node('web')).toReach('client')
    await expect(lab.node('web')).toTakePath('client', ['fw', 'client'], { back: ['fw', 'web'] })
    expect(await lab.node('web').tcp('client', 80)).toMatchObject({ outcome: 'refused', rttMs: expect.any(Number) })
  })
})
