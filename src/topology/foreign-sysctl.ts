import { didYouMean } from '../diagnostic/suggest.ts'
import { sysctlIfname } from '../state/sysctl-name.ts'
import type { Damage } from './damage.ts'
import type { Findings } from './findings.ts'
import type { Node } from './topology.ts'

/** Findings UNKNOWN_INTERFACE: sysctls of an interface that the node has not. They are written before any program runs that could make it. */
export function findForeignSysctls(
  { name: node, interfaces, settings }: Pick<Node, 'name' | 'interfaces' | 'settings'>,
  findings: Findings,
  damage: Damage,
): void {
  for (const [name, { origin }] of settings.sysctls) {
    const ifname = sysctlIfname(name)
    if (ifname === undefined || ifname === 'lo' || interfaces.has(ifname) || damage.has(node)) continue
    const names = ['lo', ...interfaces.keys()]
    const detail = `${name} is of an interface "${ifname}", and ${node} has ${names.join(', ')}.${didYouMean(ifname, names)}`
    findings.error('UNKNOWN_INTERFACE', origin, detail)
  }
}
