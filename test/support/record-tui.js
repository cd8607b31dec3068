// node test/support/record-tui.js: brings a lab up, lets things happen in it, and puts what `netlab tui` then shows into README.md.
// As root, where no other lab runs. The screen is tmux's: what a user sees, without its colours.
import { execFileSync, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { setTimeout } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const MARK = '<!-- screen of netlab tui -->'
const root = fileURLToPath(new URL('../..', import.meta.url))
const netlab = [process.execPath, `${root}dist/cli/main.js`]

/** @param {string} program @param {string[]} words */
const run = (program, ...words) =>
  execFileSync(program, words, { encoding: 'utf8', env: { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' } })
/** @param {string[]} words */
const tmux = (...words) => run('tmux', '-L', 'netlab-record', '-f', '/dev/null', ...words)

/** Waits until the screen has these words; the screen. @param {string} words */
async function shows(words) {
  for (let tries = 0; tries < 200; tries++) {
    const screen = tmux('capture-pane', '-p')
    if (screen.includes(words)) return screen
    await setTimeout(50)
  }
  throw new Error(`"${words}" does not appear on the screen:\n${tmux('capture-pane', '-p')}`)
}

run(/** @type {string} */ (netlab[0]), netlab[1] ?? '', 'up', `${root}topologies/dmz/topology.yaml`)
const traffic = spawn(netlab[0] ?? '', [netlab[1] ?? '', 'exec', 'dmz', 'h1', '--', 'ping', '-q', '-i', '0.01', '-s', '1400', 'fw'], {
  stdio: 'ignore',
})
try {
  tmux('new-session', '-d', '-x', '100', '-y', '40', [...netlab, 'tui', 'dmz'].join(' '))
  await shows('all links up')
  await setTimeout(6000) // of traffic, to be seen
  run(netlab[0] ?? '', netlab[1] ?? '', 'exec', 'dmz', 'web', '--', 'ip', 'link', 'set', 'eth0', 'down')
  await shows('1 down')
  const lines = (await shows('lost carrier'))
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd())
  const readme = readFileSync(`${root}README.md`, 'utf8')
  const [head, rest] = readme.split(`${MARK}\n\n\`\`\`text\n`)
  if (rest === undefined) throw new Error(`README.md has no "${MARK}" with a text behind it`)
  writeFileSync(`${root}README.md`, `${head}${MARK}\n\n\`\`\`text\n${lines.join('\n')}${rest.slice(rest.indexOf('\n```'))}`)
} finally {
  tmux('kill-server')
  traffic.kill()
  run(netlab[0] ?? '', netlab[1] ?? '', 'down', 'dmz')
}
