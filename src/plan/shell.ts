/**
 * A plan as a POSIX shell script that builds the same network with ip netns, for reading and for machines without netlab.
 * ip(8) in batch mode reads words in single quotes, and takes # for a comment wherever it stands: what needs more goes without batch.
 */
import { HOST } from '../state/network.ts'
import type { Operation, Plan } from './operation.ts'
import { besideStop } from './beside-command.ts'
import { MOUNTS_COMMENT, shellMounts, type ShellMounts } from './shell-mount.ts'
import { mountComment } from './mount-words.ts'
import { ROOT_DOWN, shellRoots, type ShellRoots } from './shell-root.ts'
import { hereDocument, quote } from './quote.ts'
import { shellFiles } from './shell-file.ts'
import { rulesetCommand } from './ruleset-input.ts'
import { netnsName } from './netns-words.ts'
import { ipCommand, ipWords, sameAs } from './words.ts'

/** One line of the script, or one line of an `ip -batch` input. */
interface Line {
  /** The ip command to whose batch the line goes, without -batch: `ip -n dmz.h1`. Absent for lines of the script itself. */
  readonly batch?: string
  readonly text: string
  /** `lab.yaml:5` */
  readonly place: string
}

const SECTIONS: Readonly<Record<Operation['type'], string>> = {
  'add netns': 'Namespaces',
  'del netns': 'Namespaces that go',
  'set hostname': 'Hostnames',
  'set isolation': 'Isolation',
  'set limits': 'Limits',
  'set sysctl': 'Sysctls',
  'add mount': 'Mounts',
  'del mount': 'Mounts',
  'write file': 'Files',
  'remove file': 'Files',
  'add bridge': 'Bridges',
  'add veth': 'Cables',
  'take link': "The machine's own",
  'add link': 'Links on links, and other kinds',
  'set wireguard': 'Links on links, and other kinds',
  'set link': 'Links',
  'del link': 'Links that go',
  'add qdisc': 'Impairments',
  'change qdisc': 'Impairments',
  'del qdisc': 'Impairments',
  'add vlan': 'Ports',
  'del vlan': 'Ports',
  'add fdb': 'Ports',
  'del fdb': 'Ports',
  'add mdb': 'Ports',
  'del mdb': 'Ports',
  'add addr': 'Addresses',
  'del addr': 'Addresses',
  'add route': 'Routes, rules and neighbours',
  'replace route': 'Routes, rules and neighbours',
  'del route': 'Routes, rules and neighbours',
  'add rule': 'Routes, rules and neighbours',
  'del rule': 'Routes, rules and neighbours',
  'replace neigh': 'Routes, rules and neighbours',
  'del neigh': 'Routes, rules and neighbours',
  'set ruleset': 'Packet filters',
  'run setup': 'Setup commands',
  'start service': 'Services',
  'stop service': 'Services that go',
}

/** The script. A plan for a lab that is not up gives one that also takes it down: `sh lab.sh down`. */
export function formatPlanShell(plan: Plan): string {
  const roots = shellRoots(plan)
  const files = shellFiles(plan, roots)
  const mounts = shellMounts(plan)
  const blocks = sectionsOf(plan.operations).map(([title, operations]) => {
    const lines = operations.flatMap((operation) => linesOf(operation, plan.lab, files.call(operation) ?? roots.call(operation), mounts))
    // Ports join their bridges when all cables are there, so that each namespace has its batch.
    const ordered =
      title === SECTIONS['add veth']
        ? [...lines.filter(isCreation), ...byBatch(lines.filter((line) => !isCreation(line)))]
        : title === SECTIONS['add netns']
          ? byBatch(lines)
          : lines
    const comment = operations.some(({ type, netns }) => type === 'add mount' && !roots.has(netns)) ? `${MOUNTS_COMMENT}\n` : ''
    return `# ${title}\n${comment}${scriptLines(ordered).join('\n')}`
  })
  const functions = [files.functions, roots.functions].filter((text) => text !== '')
  return `${[header(plan, roots), ...modules(plan), ...functions, ...blocks].join('\n\n')}\n`
}

function header(plan: Plan, roots: ShellRoots): string {
  const inLab = plan.operations.filter(({ netns }) => netns !== HOST)
  const added = inLab.filter(({ type }) => type === 'add netns').map(({ netns }) => netnsName(plan.lab, netns))
  const isWhole = inLab.every(({ netns }) => added.includes(netnsName(plan.lab, netns)))
  const hasHostnames = plan.operations.some(
    (operation) => operation.type === 'set hostname' || (operation.type === 'add netns' && operation.hostname !== undefined),
  )
  const lines = [
    '#!/bin/sh',
    ...(isWhole
      ? [
          `# Builds the network ${oneLine(plan.lab)} with ip netns. Needs iproute2 and root, or: unshare -Urnm, and a tmpfs on /run.`,
          '# "sh THIS-SCRIPT down" takes it down again, or what of it stands after an error.',
        ]
      : [`# Changes the network ${oneLine(plan.lab)}, whose namespaces are known to ip netns.`]),
    ...(plan.operations.some(needsUsers)
      ? ['# In it are users other than root: then unshare takes --map-auto, too (util-linux 2.38, newuidmap).']
      : []),
    ...(hasHostnames ? ['# Hostnames are left as they are: ip netns knows no uts namespace.'] : []),
    'set -eu',
  ]
  if (!isWhole || added.length === 0) return lines.join('\n')
  // A namespace lives as long as a process is in it.
  const killing = plan.operations.some(({ type }) => type === 'start service') ? ' ip netns pids "$netns" | xargs -r kill;' : ''
  const unmounting = roots.functions === '' ? '' : `\n      ${ROOT_DOWN}`
  const stopping = plan.operations.flatMap((operation) => (operation.type === 'start service' ? besideStop(operation.service) : []))
  return `${lines.join('\n')}

namespaces='
${added.map((name) => `${name}`).join('\n')}
'
case \${1-up} in
  up) ;;
  down)${stopping.map((command) => `\n    ${command}`).join('')}
    for netns in $namespaces; do
      if [ -e "/var/run/netns/$netns" ]; then${killing} ip netns del "$netns"; fi${unmounting}
      if [ "\${FILES-}" = 1 ]; then rm -rf "/etc/netns/$netns"; fi
    done
    exit ;;
  *)
    echo "usage: $0 [up | down]" >&2
    exit 2 ;;
esac`
}

function needsUsers(operation: Operation): boolean {
  if (operation.type === 'add netns') return operation.root?.kind === 'image'
  return operation.type === 'start service' && operation.service.definition?.user !== undefined
}

/** The modules of links and disciplines come with the first request for one; that of labels does not. */
function modules(plan: Plan): readonly string[] {
  const needsMpls = plan.operations.some((operation) => operation.type === 'set sysctl' && operation.name.startsWith('net.mpls.'))
  return needsMpls ? ['# Modules\n[ -e /proc/sys/net/mpls ] || modprobe mpls_router'] : []
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ')
}

/** Operations in a row under one title. */
function sectionsOf(operations: readonly Operation[]): (readonly [string, readonly Operation[]])[] {
  const sections: [string, Operation[]][] = []
  for (const operation of operations) {
    const title = SECTIONS[operation.type]
    const last = sections.at(-1)
    if (last?.[0] === title) last[1].push(operation)
    else sections.push([title, [operation]])
  }
  return sections
}

/** `call` is that of a function of the script's own, which writes a file, or works in a node's root. */
function linesOf(operation: Operation, lab: string, call: string | undefined, mounts: ShellMounts): Line[] {
  const { origin } = operation
  const place = origin === undefined ? '' : `${oneLine(origin.file)}:${origin.line}`
  const name = netnsName(lab, operation.netns)
  const commands = ipCommand(operation, lab)
  if (operation.netns === HOST && commands === undefined) return []
  if (commands !== undefined) {
    return commands.map((command) => {
      const ip = ipWords(command, lab)
      return isPlain(command.words) ? { batch: ip, text: command.words, place } : { text: `${ip} ${command.words}`, place }
    })
  }
  if (call !== undefined && operation.type !== 'add netns') return [{ text: call, place }]
  switch (operation.type) {
    case 'add netns':
    case 'del netns':
      return [
        isPlain(quote(name))
          ? { batch: 'ip', text: `netns ${operation.type.slice(0, 3)} ${name}`, place }
          : { text: `ip netns ${operation.type.slice(0, 3)} ${quote(name)}`, place },
        ...(call === undefined ? [] : [{ text: call, place }]),
      ]
    case 'set ruleset':
      return [{ text: `ip netns exec ${quote(name)} ${rulesetCommand(operation.tool)} ${hereDocument(operation.input, place)}`, place: '' }]
    case 'add mount':
      return [{ text: mounts.line(operation), place }]
    case 'del mount':
      return [{ text: oneLine(mountComment(operation, name)), place }]
    default:
      return [{ text: mounts.wrap(operation, `ip netns exec ${quote(name)}`, sameAs(operation, lab)), place }]
  }
}

/** Whether ip's batch mode reads it as sh would. */
function isPlain(words: string): boolean {
  return !/['"#\\\n]/.test(words)
}

function isCreation(line: Line): boolean {
  return line.text.startsWith('link add ') || line.text.includes(' link add ')
}

/** Lines sorted by batch, in the order in which each batch begins. */
function byBatch(lines: readonly Line[]): Line[] {
  const batches = new Map<string | undefined, Line[]>()
  for (const line of lines) {
    const batch = batches.get(line.batch)
    if (batch === undefined) batches.set(line.batch, [line])
    else batch.push(line)
  }
  return [...batches.values()].flat()
}

function scriptLines(lines: readonly Line[]): string[] {
  const script: string[] = []
  for (let index = 0; index < lines.length;) {
    const { batch } = lines[index] ?? {}
    let end = index + 1
    while (batch !== undefined && lines[end]?.batch === batch) end++
    script.push(...batchLines(batch, lines.slice(index, end)))
    index = end
  }
  return script
}

function batchLines(batch: string | undefined, lines: readonly Line[]): string[] {
  const commented = lines.map(({ text, place }) =>
    place === '' || text.includes('\n') || text.startsWith('#') ? text : `${text}  # ${place}`,
  )
  if (batch === undefined) return commented
  if (lines.length === 1) return commented.map((text) => `${batch} ${text}`)
  return [`${batch} -batch - <<'EOF'`, ...commented, 'EOF']
}
