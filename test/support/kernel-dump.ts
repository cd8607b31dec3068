/** The network of a node as iproute2 and its friends dump it, in a form that can be compared with another dump. */
import type { LiveLab } from './live-lab.ts'

/** What the kernel deals out anew, in the order of its own doing, and what moves by itself. */
const PASSING = /^(ifindex|link_index|link_netnsid|info_slave_data|operstate|.*_timer|topology_change.*|cache|expires)$/

/** Carrier comes when the kernel's link watch gets to it, and with it a route for multicast. */
const CARRIER = new Set(['NO-CARRIER', 'LOWER_UP', 'linkdown'])

const IP_WORDS = [
  '-d link',
  'addr',
  'route show table all',
  '-6 route show table all',
  'rule',
  '-6 rule',
  'neigh show nud permanent',
  '-6 neigh show nud permanent',
]

const SCRIPT = `
for words in ${IP_WORDS.map((words) => `"${words}"`).join(' ')}; do ip -j $words && echo; done
echo "# $(uname -n)"
for file in /etc/hosts /etc/hostname /etc/resolv.conf; do echo "# $file"; cat $file; done
# A table that somebody has looked at is listed from then on: what counts is what it does.
{ iptables-save; ip6tables-save; } 2>/dev/null | grep -E '^-A|^:[^ ]+ DROP' | sed 's/\\[[0-9:]*\\]//'
true`

/** One line a thing, sorted within each table. `files`: more paths to print. */
export async function dumpNode(lab: LiveLab, node: string, files: readonly string[] = []): Promise<string> {
  const printed = await lab.sh(node, `${SCRIPT}\nfor file in ${files.join(' ')}; do echo "# $file"; cat $file 2>&1; done`)
  return printed
    .split('\n')
    .map((line) => (line.startsWith('[{') ? formatTable(JSON.parse(line) as unknown[]) : line))
    .join('\n')
}

/** The same of several nodes. */
export async function dumpNodes(lab: LiveLab, nodes: readonly string[], files: readonly string[] = []): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(nodes.map(async (node) => [node, await dumpNode(lab, node, files)] as const)))
}

function formatTable(rows: readonly unknown[]): string {
  return rows
    .filter((row) => (row as { dst?: string }).dst !== 'ff00::/8')
    .map((row) => JSON.stringify(row, withoutPassing))
    .sort()
    .join('\n')
}

function withoutPassing(key: string, value: unknown): unknown {
  if (PASSING.test(key)) return undefined
  // After a change of the tree, addresses age faster for a while (__br_set_topology_change).
  if (key === 'info_data' && (value as { stp_state?: number }).stp_state === 1) return { ...(value as object), ageing_time: undefined }
  return key === 'flags' ? (value as string[]).filter((flag) => !CARRIER.has(flag)) : value
}
