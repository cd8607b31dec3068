/** Interfaces of the machine in a lab: the machine has them back as they were, however the lab ends. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { down } from '../../src/index.ts'
import { newLab, test, type LiveLab } from '../support/live-lab.ts'

const isRoot = process.getuid?.() === 0

function ip(...words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('ip', words, { encoding: 'utf8' })
  expect(status, stderr).toBe(0)
  return stdout
}

/** Names of its own for a test: the pid of this process and the lab's number are in them. */
function cardOf(lab: LiveLab): { card: string; far: string } {
  const base = `nx${lab.name.replace(/\D/g, '').slice(-9)}`
  return { card: `${base}a`, far: `${base}b` }
}

/** A veth that stands for a network card of the machine, with all that a card may have. */
function makeCard({ card, far }: { card: string; far: string }): void {
  ip('link', 'add', card, 'type', 'veth', 'peer', 'name', far)
  ip('link', 'set', card, 'mtu', '1400', 'alias', 'a card', 'addrgenmode', 'none', 'up')
  ip('link', 'set', far, 'up')
  ip('addr', 'add', '10.214.0.9/24', 'dev', card, 'label', `${card}:7`)
  ip('addr', 'add', 'fd00:214::9/64', 'dev', card, 'nodad')
  ip('route', 'add', '10.215.0.0/16', 'via', '10.214.0.7', 'dev', card)
}

/** All that the machine says of it, but for what counts on. */
function cardText(card: string): string {
  const text = `${ip('-d', 'addr', 'show', 'dev', card)}${ip('route', 'show', 'dev', card)}${ip('-6', 'route', 'show', 'dev', card)}`
  return text.replaceAll(/ tentative| link-netnsid \d+|qlen \d+/g, '')
}

const yaml = (card: string): string => `
nodes: { r1: { routes: [default via 10.214.1.254] } }
links:
  - { endpoints: [{ node: r1, name: wan, address: 10.214.1.1/24, mac: "02:00:00:00:21:40" }, { external: ${card} }] }
`

const onBridge = (card: string): string => `
bridges: { lan: {} }
nodes: { h1: {} }
links: [[h1, lan], [lan, { external: ${card} }]]
`

if (isRoot) {
  test('an interface of the machine must come back as it was, from a lab that runs, is taken down, or has crashed', async ({ lab }) => {
    const names = cardOf(lab)
    makeCard(names)
    try {
      const before = cardText(names.card)
      await lab.up(yaml(names.card))
      expect(ip('-br', 'link')).not.toContain(names.card)
      expect(await lab.ip('r1', 'link show wan')).toMatchObject([{ mtu: 1500, address: '02:00:00:00:21:40', operstate: 'UP' }])
      expect((await lab.up(yaml(names.card))).plan.operations).toEqual([])
      await lab.sh('r1', 'ip link set wan mtu 1300')
      expect((await lab.drift()).map(({ type }) => type)).toEqual(['set link'])

      const other = newLab()
      const { diagnostics } = await other.refusal(yaml(names.card)).finally(() => other.remove())
      expect(diagnostics).toMatchObject([{ code: 'INTERFACE_MISSING', origin: { line: 4 } }])
      expect(diagnostics[0]?.detail).toContain(`The lab ${lab.name} has ${names.card}`)

      await lab.up('nodes: { r1: {} }')
      expect(cardText(names.card), 'the file has it no more').toBe(before)
      await lab.up(onBridge(names.card))
      await lab.down()
      expect(cardText(names.card), 'the lab is down').toBe(before)

      await lab.up(yaml(names.card))
      process.kill(lab.notes().holderPid, 'SIGKILL')
      await expect.poll(() => lab.down().then(() => true)).toBe(true)
      expect(cardText(names.card), 'its holder was killed').toBe(before)

      // As an engine leaves it that is killed when it has noted the interface, and is about to keep the namespace that it will be in.
      await lab.up('nodes: { r1: {} }')
      mkdirSync(join(lab.directory, 'external'))
      writeFileSync(join(lab.directory, 'external', 'r1'), '')
      writeFileSync(join(lab.directory, 'external.json'), JSON.stringify([{ device: names.card, netns: 'r1', ifname: 'wan' }]))
      expect((await down(lab.name)).warnings).toEqual([])
      expect(cardText(names.card), 'it was about to be taken').toBe(before)
    } finally {
      ip('link', 'del', names.far)
    }
  })

  test('one that cannot be taken must not be noted, and a note that was left must not stand in the way', async ({ lab }) => {
    const names = cardOf(lab)
    makeCard(names)
    try {
      const before = cardText(names.card)
      await lab.up('nodes: { r1: {} }')
      mkdirSync(join(lab.directory, 'external'))
      symlinkSync('/nowhere/at-all', join(lab.directory, 'external', 'r1')) // nothing can be mounted there
      expect((await lab.refusal(yaml(names.card))).diagnostics).toMatchObject([{ code: 'KERNEL_REFUSED', origin: { line: 4 } }])
      expect(readdirSync(lab.directory).filter((name) => name.startsWith('external'))).toEqual([])
      expect(cardText(names.card)).toBe(before)

      writeFileSync(join(lab.directory, 'external.json'), JSON.stringify([{ device: names.card, netns: 'r1', ifname: 'wan', ifindex: 7 }]))
      await lab.up(yaml(names.card))
      await lab.up('nodes: { r1: {} }')
      expect(cardText(names.card)).toBe(before)
    } finally {
      ip('link', 'del', names.far)
    }
  })

  test('what is undone must bring the interface back, too; and one that is gone must be told', async ({ lab }) => {
    const names = cardOf(lab)
    makeCard(names)
    const before = cardText(names.card)
    await lab.up('nodes: { r1: {} }')
    await lab.refusal(yaml(names.card).replace('r1: {', 'r2: { setup: [exit 1] }, r1: {'))
    expect(cardText(names.card)).toBe(before)

    await lab.up(yaml(names.card))
    ip('link', 'del', names.far)
    const { warnings } = await down(lab.name)
    expect(warnings).toMatchObject([{ code: 'INTERFACE_LOST', severity: 'warning' }])

    makeCard(names)
    // In its node the interface is gone for good, and then the lab is refused.
    const refused = await lab.refusal(yaml(names.card).replace('r1: {', 'r1: { setup: [ip link del wan, exit 1],'))
    expect(refused.diagnostics.map(({ code }) => code)).toEqual(['SETUP_FAILED', 'INTERFACE_LOST'])
  })
} else {
  test('an ordinary user must be told that only root may take an interface of the machine', async ({ lab }) => {
    const { diagnostics } = await lab.refusal(yaml('eth0'))
    expect(diagnostics).toMatchObject([{ code: 'ROOT_NEEDED', origin: { line: 4 } }])
  })
}
