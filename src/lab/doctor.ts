// What this kernel and this user can do. Everything is tried, nothing is guessed from a version.
import { probeKernel } from '../linux/engine.ts'
import type { Probe } from '../linux/probe.ts'
import { scratchCommand } from '../linux/nsexec.ts'
import { explainEngine } from './explain-engine.ts'
import { featureRemedy } from './missing-feature.ts'
import { toolEnvironment } from './ruleset.ts'
import { controllerPlaces } from './limits.ts'
import { subordinateIdsCommand } from './one-user.ts'
import { run } from './run.ts'

/** One thing that was tried. */
export interface Check {
  readonly group: string
  readonly name: string
  readonly ok: boolean
  /** Without it no lab runs at all. */
  readonly isNeeded: boolean
  /** What was seen. */
  readonly words: string
  /** What to install or set. */
  readonly remedy?: string
}

const NEEDED = new Set(['namespace net', 'namespace uts', 'namespace mnt', 'namespace pid', 'link kind veth', 'link kind bridge'])

/** Tries everything; needs no lab. */
export async function doctor(): Promise<Check[]> {
  const kernel = await kernelChecks()
  const programs = kernel.every(({ ok, isNeeded }) => ok || !isNeeded) ? await Promise.all(PROGRAMS.map(programCheck)) : []
  return [...kernel, ...programs, ...cgroupChecks(), await userCheck()]
}

async function kernelChecks(): Promise<Check[]> {
  try {
    return (await probeKernel()).map(kernelCheck)
  } catch (error) {
    const [diagnostic] = explainEngine(error).diagnostics
    const words = diagnostic!.facts?.map(([, said]) => said).join(' ') ?? ''
    const remedy = diagnostic!.command?.line ?? diagnostic!.hint
    return [{ group: 'namespace', name: 'user', ok: false, isNeeded: true, words, ...(remedy !== undefined && { remedy }) }]
  }
}

function kernelCheck({ group, name, ok, words }: Probe): Check {
  const remedy =
    group === 'namespace'
      ? 'a kernel with this namespace (CONFIG_NAMESPACES)'
      : featureRemedy(group === 'queueing discipline' ? `sch_${name}` : name, words)
  return { group, name, ok, isNeeded: NEEDED.has(`${group} ${name}`), words, ...(!ok && { remedy }) }
}

/** What a lab may call; each is tried in a network of its own. */
const PROGRAMS = [
  { name: 'iptables-restore', package: 'iptables', argv: ['iptables-restore'], input: '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n' },
  { name: 'ip6tables-restore', package: 'iptables', argv: ['ip6tables-restore'], input: '*filter\n:FORWARD DROP [0:0]\nCOMMIT\n' },
  {
    name: 'nft',
    package: 'nftables',
    argv: ['nft', '-f', '-'],
    input: 'table inet t {\n chain c { type filter hook input priority 0; }\n}\n',
  },
  { name: 'ip', package: 'iproute2', argv: ['ip', 'link'], input: '' },
  { name: 'ping', package: 'iputils-ping', argv: ['ping', '-V'], input: '' },
]

async function programCheck(program: (typeof PROGRAMS)[number]): Promise<Check> {
  const { status, stderr } = await run(scratchCommand(program.argv), { input: program.input, env: toolEnvironment() })
  const words = status === 0 ? 'works' : status === 127 ? 'not installed' : (stderr.trim().split('\n')[0] ?? `exit status ${status}`)
  const remedy = status === 127 ? { remedy: `apt-get install ${program.package}` } : {}
  return { group: 'program', name: program.name, ok: status === 0, isNeeded: false, words, ...remedy }
}

function cgroupChecks(): Check[] {
  return controllerPlaces().map((place) => ({
    group: 'cgroup',
    name: place.controller,
    ok: place.problem === undefined,
    isNeeded: false,
    words: place.problem ?? `version ${place.version}, below ${place.base}`,
    ...(place.problem !== undefined && { remedy: 'as root, or: systemd-run --user --scope -p Delegate=yes netlab up' }),
  }))
}

/** How many users a lab has is what newuidmap gives, whatever is installed. */
async function userCheck(): Promise<Check> {
  const base = { group: 'user', name: 'root', isNeeded: false }
  if (process.geteuid!() === 0) return { ...base, ok: true, words: 'labs are also seen under /run/netns' }
  const { stdout } = await run(scratchCommand(['cat', '/proc/self/uid_map']), { env: toolEnvironment() })
  const users = stdout
    .trim()
    .split('\n')
    .reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2]), 0)
  if (users !== 1) return { ...base, ok: false, words: `labs live in a user namespace, with ${users} users` }
  const words = 'labs live in a user namespace, in which root is the only user: daemons that change user fail'
  return { ...base, ok: false, words, remedy: `apt-get install uidmap, and a range of ids: ${subordinateIdsCommand()}` }
}
