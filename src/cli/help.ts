/** `netlab --help`: every command in its group, one line each. */
import { COMMANDS } from './commands.ts'

const HEAD = `Usage: netlab COMMAND [OPTION ...] [ARGUMENT ...]

One YAML file becomes a running network on this machine: every node a set of namespaces,
every cable a veth pair, every switch a bridge. No root, no daemon, no containers.
`

const TAIL = `A lab is named by its file or by its name; when only one lab runs, it needs no name.

Options:
  -h, --help     show this help, or that of a command: netlab up --help
  -V, --version  print the version

Exit status:
  0 done   1 a test failed   2 wrong usage or a bad file   3 the kernel or a tool refused
  4 a bug in netlab   128+n stopped by signal n   exec and shell: that of the command

Examples:
  netlab up topo.yaml                 make the network of a file
  netlab exec h1 -- ping -c 3 h2      run a command in a node
  netlab down                         take the lab down
`

export function helpText(): string {
  const width = Math.max(...[...COMMANDS.keys()].map((name) => name.length))
  const groups = new Set([...COMMANDS.values()].map((entry) => entry.group))
  const lists = [...groups].map((group) => {
    const members = [...COMMANDS].filter(([, entry]) => entry.group === group)
    return `${group}:\n${members.map(([name, entry]) => `  ${name.padEnd(width)}  ${entry.summary}\n`).join('')}`
  })
  return [HEAD, ...lists, TAIL].join('\n')
}
