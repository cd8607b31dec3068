// What the kernel must have, found by trying: kinds of links and of routes for a file, in a network of its own before anything is made;
// queueing disciplines for a plan, before its first effect.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import { probeKernel, type Engine } from '../linux/engine.ts'
import type { Operation, Plan } from '../plan/operation.ts'
import type { MachineNeeds } from '../topology/machine-needs.ts'
import { missingFeature } from './missing-feature.ts'

/** What this process has seen that the kernel has: `netlab test` reads a file several times. */
const seen = new Set<string>()

/** Findings FEATURE_MISSING, one for each feature, at the first place that needs it. No process is started where none is needed. */
export async function findMissingFeatures(needed: MachineNeeds['features']): Promise<Diagnostic[]> {
  const unseen = [...needed.keys()].filter((name) => !seen.has(name))
  if (unseen.length === 0) return []
  const probes = await probeKernel(unseen)
  for (const { name, ok } of probes) if (ok) seen.add(name)
  return probes.filter(({ ok }) => !ok).map((probe) => missingFeature(probe, needed.get(probe.name)))
}

/**
 * Tries the queueing disciplines that a plan wants. Errors: refusal FEATURE_MISSING, one for each that the kernel lacks. `aftermath` says
 * what became of the lab.
 */
export async function checkQdiscs(engine: Engine, plan: Plan, aftermath: string): Promise<void> {
  const needed = new Map<string, Origin | undefined>()
  for (const operation of plan.operations) for (const name of qdiscsOf(operation)) if (!needed.has(name)) needed.set(name, operation.origin)
  if (needed.size === 0) return
  const lacking = (await engine.probeQdiscs([...needed.keys()])).filter(({ ok }) => !ok)
  // Without netem there is no seed either: one finding is enough.
  const told = lacking.filter(({ name }) => !lacking.some((other) => name.startsWith(`${other.name} `)))
  if (told.length === 0) return
  throw new DiagnosticError(
    'refusal',
    told.map((probe) => missingFeature(probe, needed.get(probe.name), ` ${aftermath}`)),
  )
}

/** Disciplines of net/sched/sch_fifo.c, which is there wherever there are any. */
const BUILT_IN = new Set(['pfifo', 'bfifo'])

function qdiscsOf(operation: Operation): readonly string[] {
  if (operation.type !== 'add qdisc' && operation.type !== 'change qdisc') return []
  const { options } = operation.qdisc
  if (BUILT_IN.has(options.kind)) return []
  return options.kind === 'netem' && options.seed !== undefined ? ['netem', 'netem seed'] : [options.kind]
}
