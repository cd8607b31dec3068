/** All that is to be known of a lab in which a test failed, in a directory: to be looked at later, or by somebody else. */
import { mkdirSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { drift, inspect } from '../lab/inspect.ts'
import { inspectionJson } from '../lab/inspect-json.ts'
import { limiter } from '../lab/limiter.ts'
import { plan } from '../lab/plan.ts'
import { serviceLog } from '../lab/service-log.ts'
import { formatPlanShell } from '../plan/shell.ts'
import { formatPlanText } from '../plan/text.ts'
import { failureText } from './report/failure.ts'
import { formatPcapng } from './pcapng.ts'
import type { TestResult } from './result.ts'
import type { Session } from './session.ts'
import type { Sighting } from '../linux/flow/capture.ts'

/** What a node is asked. A tool that it does not have says so in the file. */
const COMMANDS = [
  'ip -d -s link',
  'ip addr',
  'ip route show table all',
  'ip -6 route show table all',
  'ip rule',
  'ip -s neigh',
  'bridge -d link',
  'bridge fdb',
  'bridge vlan',
  'iptables-save -c',
  'ip6tables-save -c',
  'nft -a list ruleset',
  'tc -s qdisc',
  'ss -anptu',
  'cat /proc/net/snmp /proc/net/netstat',
]
const AT_ONCE = 8

export interface BundleOptions {
  readonly directory: string
  readonly file: string
  readonly seed?: string
  readonly sources: ReadonlyMap<string, string>
}

/** Writes the bundle of one failed test while the lab is as the test has left it; the path of its directory. */
export async function writeBundle(session: Session, test: TestResult, options: BundleOptions): Promise<string> {
  const folder = join(options.directory, session.lab, `line-${test.origin.line}-${slug(test.name)}`)
  mkdirSync(join(folder, 'nodes'), { recursive: true })
  const write = (name: string, content: string | Uint8Array): void => writeFileSync(join(folder, name), content)
  write('report.txt', `${test.name}\n${failureText(test, options)}\n`)
  for (const [name, text] of options.sources) write(basename(name), text)
  const { seed, file } = options
  const { plan: whole } = await plan(file, { name: session.lab, fromNothing: true, ...(seed !== undefined && { seed }) })
  write('plan.sh', formatPlanShell(whole))
  write('drift.txt', formatPlanText({ lab: session.lab, operations: await drift(session.lab) }))
  const inspection = await inspect(session.lab)
  write('inspect.json', `${JSON.stringify(inspectionJson(inspection, inspection.namespaces), undefined, 2)}\n`)
  const limited = limiter(AT_ONCE)
  await Promise.all(
    session.commandPlaces.map((node) => limited(async () => write(join('nodes', `${node}.txt`), await told(session, node)))),
  )
  writeLogs(session, folder)
  const frames = await capture(session, test)
  if (frames !== undefined) write('flow.pcapng', frames)
  return folder
}

async function told(session: Session, node: string): Promise<string> {
  const script = COMMANDS.map((command) => `echo '$ ${command}'; ${command} 2>&1; echo`).join('\n')
  const { stdout, stderr } = await session.exec(node, ['sh', '-c', script])
  return `${stdout}${stderr}`
}

function writeLogs({ lab, desired }: Session, folder: string): void {
  for (const [netns, { services }] of desired.namespaces)
    for (const service of services.keys()) {
      mkdirSync(join(folder, 'logs'), { recursive: true })
      const lines = serviceLog(lab, { netns, service })
      writeFileSync(join(folder, 'logs', `${netns}.${service}.log`), lines.map((line) => `${line}\n`).join(''))
    }
}

/** The packets that failed, sent once more. */
async function capture(session: Session, { steps }: TestResult): Promise<Buffer | undefined> {
  const flows = steps.flatMap(({ misses }) => misses.flatMap(({ flow }) => flow ?? []))
  if (flows.length === 0) return undefined
  const seen = async (): Promise<readonly Sighting[]> => (await session.engine.flows(flows, session.places, true)).sightings
  // While the kernel waits for the answer to its last ARP request, it sends nothing; when that has failed, it asks anew.
  const first = await seen()
  const sightings = first.length > 0 ? first : await seen()
  return sightings.length === 0 ? undefined : formatPcapng(sightings) // a packet that nobody sent has no capture
}

function slug(name: string): string {
  return name
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 60)
}
