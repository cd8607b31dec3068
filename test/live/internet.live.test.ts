/** `internet`: out of the lab through a machine that the test makes, with a world behind it; and nothing of the machine is touched. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { spawnSync } from 'node:child_process'
import { expect, test, type TestContext } from 'vitest'
import { needs } from '../support/needs.ts'

const WORLD = fileURLToPath(new URL('../support/outside-world.sh', import.meta.url))
const NETLAB = `${process.execPath} ${fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))}`
const NAME = `outside-${process.pid}`
const LIMIT_MS = 60_000

const LAB = `
nodes:
  h1: { internet: true, interfaces: { eth0: { address: fd00:1::1/64 } } }
  r1: { internet: true, forwarding: true, iptables: [-t nat -A POSTROUTING -o internet -j MASQUERADE] }
  c1: { gateway: r1 }
  h2: {}
bridges: { lan: { subnet: 10.0.1.0/24, internet: true } }
links: [[h1:eth0, c1:eth1], [h2, lan], { endpoints: [r1, c1:eth0], subnet: 10.0.2.0/24 }]
`

/** What the machine is told to be: its links, addresses, routes, packet filter and forwarding. */
const MACHINE = `{ ip -o link; ip -o addr; ip route; ip -6 route; nft list ruleset; sysctl -a 2>/dev/null | grep forwarding; ls /run; }`

/** Runs a shell script on a machine with a world behind it; LAB lies in lab.yaml. Returns what it prints. */
function onMachine({ skip }: Pick<TestContext, 'skip'>, hidden: readonly string[], script: string): string {
  needs({ skip }, 'command:pasta', 'command:slirp4netns', 'command:python3', 'table:nft')
  if (process.getuid?.() !== 0) needs({ skip }, 'userns')
  const folder = mkdtempSync(join(tmpdir(), 'netlab-outside-'))
  try {
    writeFileSync(join(folder, 'lab.yaml'), LAB)
    const hiding = hidden.map((program) => `mount --bind /dev/null "$(command -v ${program})"\n`).join('')
    writeFileSync(join(folder, 'script.sh'), `set -u\n${hiding}alias netlab='${NETLAB}'\n${script}`)
    const asRoot = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
    const world = [
      ...asRoot,
      '--pid',
      '--fork',
      '--kill-child',
      '--mount-proc',
      '--net',
      '--mount',
      '--propagation',
      'private',
      'sh',
      WORLD,
      'sh',
      'script.sh',
    ]
    const { stdout, stderr, status } = spawnSync('unshare', world, {
      cwd: folder,
      encoding: 'utf8',
      timeout: LIMIT_MS - 5000,
      killSignal: 'SIGKILL',
    })
    if (status !== 0) throw new Error(`The machine ended with ${status}:\n${stdout}${stderr}`)
    return stdout
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const ask = (node: string, host: string): string =>
  `echo "${node} ${host} $(netlab exec ${NAME} ${node} -- python3 -c "import urllib.request; print(urllib.request.urlopen('http://${host}/', timeout=10).read().decode())" 2>&1 | tail -1)"\n`

for (const [program, hidden] of [
  ['pasta', []],
  ['slirp4netns', ['pasta']],
] as const)
  test(`${program} must lead nodes and whoever is on a bridge out, and the machine stay as it was`, { timeout: LIMIT_MS }, ({ skip }) => {
    const printed = onMachine(
      { skip },
      hidden,
      `${MACHINE} > before
netlab up lab.yaml --name ${NAME} >&2 || exit
netlab plan lab.yaml --name ${NAME}
${ask('h1', '203.0.113.7')}${ask('h1', 'world.example')}${ask('h2', 'world.example')}${ask('c1', '203.0.113.7')}
${program === 'pasta' ? ask('h1', '[2001:db8:9::7]') : ''}
netlab exec ${NAME} h2 -- ping -c 1 -W 1 r1 >/dev/null 2>&1; echo "between lines: $?"
netlab logs ${NAME} @internet @uplink >&2
holder=$(sed -n 's/.*"holderPid": \\([0-9]*\\),/\\1/p' /run/netlab/${NAME}/state.json)
pids=$(pgrep --ns "$holder" --nslist pid)
echo "processes: $(echo "$pids" | wc -l)" >&2
kill -KILL "$holder"
for pid in $pids; do while [ -d "/proc/$pid" ]; do sleep 0.02; done; done
netlab down ${NAME} >&2
${MACHINE} > after
diff before after && echo same
`,
    )
    expect(printed.trim().split('\n')).toEqual([
      'Nothing to do: the network is as the file says.',
      'h1 203.0.113.7 198.51.100.2',
      'h1 world.example 198.51.100.2',
      'h2 world.example 198.51.100.2',
      'c1 203.0.113.7 198.51.100.2',
      ...(program === 'pasta' ? ['h1 [2001:db8:9::7] 2001:db8:1::2'] : []),
      'between lines: 1',
      'same',
    ])
  })

test('without a program that leads out there must be a finding that names the packages', { timeout: LIMIT_MS }, ({ skip }) => {
  const printed = onMachine({ skip }, ['pasta', 'slirp4netns'], 'netlab validate lab.yaml --json || true')
  expect(printed).toContain('TOOL_MISSING')
  expect(printed).toContain('apt-get install passt slirp4netns')
})
