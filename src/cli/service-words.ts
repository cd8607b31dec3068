/** Words that name services: `[lab] NODE [SERVICE]`, where a first word may be the lab or the node. */
import type { Context } from './context.ts'
import { findLab } from './lab-name.ts'
import { usageError } from './usage.ts'

export interface NamedServices {
  readonly lab: string
  readonly node: string
  /** Absent: all services of the node. */
  readonly service?: string
}

/** Of two words the first is the lab where a lab bears that name or comes from that file, unless the only lab has such a node. */
export async function serviceWords(context: Context, args: readonly string[]): Promise<NamedServices> {
  const [first, second, third] = args
  if (first === undefined) throw usageError('Which node, and which service?')
  if (third !== undefined) return withService((await findLab(context, first)).name, second ?? '', third)
  if (second === undefined) return { lab: (await findLab(context, undefined)).name, node: first }
  const labs = await context.library.listLabs()
  const [only] = labs
  const isNode = labs.length === 1 && only !== undefined && (await context.library.readRecord(only.name))?.nodes.includes(first) === true
  if (isNode) return withService(only.name, first, second)
  return { lab: (await findLab(context, first)).name, node: second }
}

function withService(lab: string, node: string, service: string): NamedServices {
  return { lab, node, service }
}
