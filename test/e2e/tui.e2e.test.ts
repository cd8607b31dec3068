/** `netlab tui` in a real terminal: what people see and do, while the lab does what labs do. */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, vi } from 'vitest'
import { test, type LiveLab } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'
import { childrenNamed, isRunning, processesNamed } from '../support/processes.ts'
import { openTerminal, type Terminal } from '../support/terminal.ts'

const MAIN = join(fileURLToPath(new URL('../..', import.meta.url)), 'dist/cli/main.js')
const NETLAB = `${process.execPath} ${MAIN}`
const LAB = `
nodes: { h1: { gateway: r1 }, h2: { gateway: r1 }, r1: { forwarding: true } }
bridges: { lan: { subnet: 10.0.1.0/24 } }
links: [[h1, lan], [r1, lan], { endpoints: [r1, h2], subnet: 10.0.2.0/24 }]
`

let terminal: Terminal | undefined

beforeEach(({ skip }) => needs({ skip }, 'command:tmux'))
afterEach(() => {
  terminal?.close()
  terminal = undefined
})

/** A terminal with a shell that has started `netlab tui`, and shows a healthy lab. */
async function tui(lab: LiveLab, yaml = LAB): Promise<Terminal> {
  await lab.up(yaml)
  terminal = openTerminal('/bin/sh', { TERM: 'xterm-256color', LC_ALL: 'C.UTF-8', SHELL: '/bin/sh' }, [80, 24])
  terminal.type(`${NETLAB} tui ${lab.name}; echo "status $?"; stty -a | grep -o -e '-*icanon'`)
  terminal.type('Enter')
  await terminal.shows(/all links up/)
  return terminal
}

describe('netlab tui', () => {
  test('must tell the state of the lab at once, and what somebody else changes', async ({ lab }) => {
    const screen = await tui(lab)
    expect(screen.screen()).toContain('3 nodes, 1 bridge, 3 links')
    await lab.sh('h2', 'ip link set eth0 down')
    expect(await screen.shows(/1 down/)).toMatch(/h2 +▼ cut off/)
    screen.type('3')
    await screen.shows(/h2 +eth0 set down/)
    screen.type('1')
    await lab.sh('h2', 'ip link set eth0 up')
    await screen.shows(/all links up/)
    await lab.up(LAB.replace('h2: {', 'extra: {}, h2: {'))
    await screen.shows(/extra +● no links/)
  })

  test('must run commands in nodes, mark what they say on stderr, and stop them', async ({ lab }) => {
    const screen = await tui(lab)
    screen.type('!')
    await screen.shows(/h1 \$/)
    screen.type('hostname; echo oops >&2; exit 3')
    screen.type('Enter')
    expect(await screen.shows(/exit 3 after/)).toMatch(/ {2}h1\n! oops/)
    screen.type('!')
    await screen.shows(/h1 \$ *$/m)
    screen.type('echo begun; sleep 1000')
    screen.type('Enter')
    await screen.shows(/begun/)
    screen.type('C-c')
    await screen.shows(/exit 130/)
    // Both at once.
    screen.type('1 j ')
    screen.type('!')
    await screen.shows(/h1, .*\$/)
    screen.type('echo I am $(hostname)')
    screen.type('Enter')
    await screen.shows(/I am h1/)
    await screen.shows(/I am (h2|r1)/)
  })

  test('must open a shell with the whole terminal, and come back unharmed', async ({ lab }) => {
    const screen = await tui(lab)
    screen.type('s')
    await screen.shows(/A shell in h1/)
    screen.type('echo here is $(hostname)')
    screen.type('Enter')
    await screen.shows(/here is h1/)
    screen.type('exit')
    screen.type('Enter')
    await screen.shows(/all links up/)
    screen.type('2')
    await screen.shows(/┏━━━━┓/)
  })

  test('must set a link down when it is asked to, and up again with its routes', async ({ lab }) => {
    const screen = await tui(lab)
    screen.type('Tab')
    screen.type('u')
    await screen.shows(/Which end of the cable\?/)
    screen.type('1')
    await screen.shows(/down: h1/)
    expect(await lab.sh('h1', 'ip route')).toBe('')
    await screen.shows(/done/)
    screen.type('u')
    await screen.shows(/set h1:eth0 up/)
    screen.type('1')
    await screen.shows(/all links up/)
    await vi.waitFor(async () => expect(await lab.sh('h1', 'ip route')).toContain('default via 10.0.1.'), { timeout: 10_000 })
  })

  test('must run the tests of the file, and stop and start a node', async ({ lab }) => {
    const screen = await tui(
      lab,
      `${LAB}tests: [{ name: h2 answers, from: h1, to: h2, ping: {} }, { name: h2 is silent, from: h1, to: h2, ping: {}, expect: filtered }]`,
    )
    screen.type('5')
    await screen.shows(/2 not run/)
    screen.type('r')
    await screen.shows(/1 passed, 1 failed/)
    screen.type('j')
    expect(await screen.shows(/seen: +answered by h2/)).toMatch(/✓ +h2 answers[^]*✗ +h2 is silent/)
    screen.type('1')
    screen.type('p')
    await screen.shows(/Stop h1\?/)
    screen.type('y')
    await screen.shows(/h1 +■ stopped/)
    screen.type('p')
    await screen.shows(/Start h1 again\?/)
    screen.type('y')
    await screen.shows(/all links up/)
  })

  test('must impair a link by the form, and bring it back', async ({ lab }) => {
    const screen = await tui(lab)
    screen.type('Tab')
    screen.type('i')
    await screen.shows(/Impair the link/)
    screen.type('10mbit')
    screen.type('Enter')
    await screen.shows(/rate +10mbit +10mbit +–/)
    screen.type('C-r')
    await screen.shows(/rate +(e\.g\. 10mbit|) +– +–/)
    screen.type('fast')
    screen.type('Enter')
    await screen.shows(/rate: /)
  })

  test('must stay when the lab dies, and show it again when it is back', async ({ lab }) => {
    const screen = await tui(lab)
    process.kill(lab.notes().holderPid, 'SIGKILL')
    await screen.shows(/DOWN/)
    await lab.up(LAB)
    await screen.shows(/all links up/)
  })

  test('must fit any size, while a link goes down and up', async ({ lab }) => {
    const screen = await tui(lab)
    const flaps = lab.sh('h2', 'for i in $(seq 150); do ip link set eth0 down; ip link set eth0 up; sleep 0.01; done')
    for (const [columns, rows] of [
      [200, 60],
      [80, 24],
      [300, 80],
      [100, 30],
    ] as const) {
      screen.resize(columns, rows)
      const listWidth = columns >= 150 ? Math.floor((columns - 1) / 2) : columns
      const lines = await vi.waitFor(
        () => {
          const shown = screen.screen().split('\n')
          expect(shown[2]!.slice(0, listWidth)).toBe(`── Nodes 4 ${'─'.repeat(listWidth - 20)} bit/s ──`)
          expect(shown[rows - 1]).toContain('q quit')
          return shown
        },
        { timeout: 10_000, interval: 20 },
      )
      expect(lines.filter((line) => line.includes('Overview'))).toHaveLength(1)
      expect(lines.filter((line) => line.startsWith('── Nodes'))).toHaveLength(1)
    }
    await flaps
    await screen.shows(/all links up/)
  })

  test('must leave the terminal as it was, when it is left and when it is killed', async ({ lab }) => {
    const screen = await tui(lab)
    screen.type('q')
    await screen.shows(/status 0\n+icanon/)
    expect(screen.screen()).not.toContain('all links up')
    screen.type(`clear; ${NETLAB} tui ${lab.name}; echo "status $?"; stty -a | grep -o -e '-*icanon'`)
    screen.type('Enter')
    await screen.shows(/all links up/)
    const [node] = processesNamed(MAIN)
    process.kill(node!, 'SIGTERM')
    await screen.shows(/status 143\n+icanon/)
  })

  test('must leave nothing behind when the terminal is closed', async ({ lab }) => {
    const screen = await tui(lab)
    screen.type('!')
    await screen.shows(/h1 \$/)
    screen.type('echo begun; sleep 1000')
    screen.type('Enter')
    await screen.shows(/begun/)
    const [node] = processesNamed(MAIN)
    const [engine] = childrenNamed(node!, 'engine-main.js')
    screen.close()
    await vi.waitFor(() => expect([node!, engine!].filter(isRunning)).toEqual([]), { timeout: 10_000 })
    expect(await lab.sh('h1', 'pgrep -x sleep || true')).toBe('')
  })
})
