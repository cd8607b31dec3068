// Interfaces of the machine that a file wants: what can be said before anything is made, and their way home.
import { existsSync, readFileSync, readlinkSync } from 'node:fs'
import { basename, join } from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { suggest } from '../diagnostic/suggest.ts'
import { startEngine } from '../linux/engine.ts'
import { hasExternals, readTaken } from '../linux/taken.ts'
import { FABRIC } from '../state/network.ts'
import type { MachineLink } from '../topology/machine-needs.ts'
import { labNameProblem } from '../unit/hostname.ts'
import { labDirectory, labNames } from './directory.ts'

const INTERFACES = '/sys/class/net'

/** Findings ROOT_NEEDED, INTERFACE_MISSING, INVALID_VALUE; a warning DEFAULT_ROUTE_TAKEN. `lab` may have them already. */
export function findExternals(lab: string, wanted: readonly MachineLink[]): Diagnostic[] {
  if (wanted.length === 0) return []
  const taken = labNameProblem(lab) === undefined ? readTaken(labDirectory(lab)) : [] // a name that is wrong is told, too
  const own = new Set(taken.map(({ device }) => device))
  const routed = defaultDevices()
  return wanted.flatMap(({ ifname: device, origin }): Diagnostic[] => {
    if (process.geteuid?.() !== 0) return [{ ...notRoot(device), origin }]
    if (own.has(device)) return []
    if (!existsSync(join(INTERFACES, device))) return [{ ...missing(device), origin }]
    if (existsSync(join(INTERFACES, device, 'master'))) return [{ ...mastered(device), origin }]
    return routed.has(device) ? [{ ...takesDefault(device), origin }] : []
  })
}

function notRoot(device: string): Diagnostic {
  return {
    code: 'ROOT_NEEDED',
    severity: 'error',
    detail: `${device} is an interface of this machine, which only root may take away.`,
    hint: 'Run netlab as root; or, to reach the world outside from a node, give it `internet: true`, which anybody may.',
  }
}

function missing(device: string): Diagnostic {
  const holder = labNames().flatMap((lab) =>
    readTaken(labDirectory(lab)).flatMap((one) => (one.device === device ? [{ lab, ...one }] : [])),
  )[0]
  if (holder !== undefined) {
    return {
      code: 'INTERFACE_MISSING',
      severity: 'error',
      detail: `The lab ${holder.lab} has ${device}: it is ${holder.ifname} of ${holder.netns === FABRIC ? 'a bridge' : holder.netns} there.`,
      command: { sentence: 'It is given back when that lab goes:', line: `netlab down ${holder.lab}` },
    }
  }
  const near = suggest(device, machineInterfaces())
  return {
    code: 'INTERFACE_MISSING',
    severity: 'error',
    detail: `This machine has no interface "${device}".`,
    ...(near !== undefined && { hint: `Did you mean "${near}"?` }),
    command: { sentence: 'To see what it has, run:', line: 'ip -br link' },
  }
}

/** It leaves its master when it leaves the machine, and nobody puts it back. */
function mastered(device: string): Diagnostic {
  const master = basename(readlinkSync(join(INTERFACES, device, 'master')))
  return {
    code: 'INVALID_VALUE',
    severity: 'error',
    detail: `${device} is in ${master} of this machine, which would lose it.`,
    command: { sentence: 'To take it out first, run:', line: `ip link set ${device} nomaster` },
  }
}

function takesDefault(device: string): Diagnostic {
  return {
    code: 'DEFAULT_ROUTE_TAKEN',
    severity: 'warning',
    detail: `This machine's default route leads through ${device}: while the lab has it, the machine has none, and who is logged in through it is cut off.`,
    hint: 'Take another interface; or give the node `internet: true`.',
  }
}

function machineInterfaces(): readonly string[] {
  return (
    readFileSync('/proc/net/dev', 'utf8')
      .match(/^ *[^:\s]+(?=:)/gm)
      ?.map((name) => name.trim()) ?? []
  )
}

/** Interfaces that a default route of the machine leads through. proc_net(5) */
function defaultDevices(): ReadonlySet<string> {
  const lines = (path: string): string[][] =>
    existsSync(path)
      ? readFileSync(path, 'utf8')
          .trim()
          .split('\n')
          .map((line) => line.split(/\s+/))
      : []
  const v4 = lines('/proc/net/route').filter(([, dst, , , , , , mask]) => dst === '00000000' && mask === '00000000')
  const v6 = lines('/proc/net/ipv6_route').filter(([dst, prefixlen]) => /^0+$/.test(dst ?? '') && prefixlen === '00')
  return new Set([...v4.map(([dev]) => dev ?? ''), ...v6.map((fields) => fields.at(-1) ?? '')].filter((dev) => dev !== 'lo'))
}

/** Gives those of a lab that has ended back. A warning INTERFACE_LOST for each that is not as it was. */
export async function returnExternals(lab: string): Promise<Diagnostic[]> {
  const directory = labDirectory(lab)
  if (!hasExternals(directory)) return []
  const engine = startEngine()
  try {
    const lost = await engine.returnLinks(directory)
    return lost.map(({ device, netns, reason }) => ({
      code: 'INTERFACE_LOST',
      severity: 'warning',
      detail: `${device}, which was in ${netns}, is not as it was: ${reason}.`,
    }))
  } finally {
    await engine.close()
  }
}
