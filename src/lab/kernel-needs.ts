// Whether the kernel has what a plan needs, found by trying before the plan's first effect.
import { DiagnosticError, type Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import type { Engine } from '../linux/engine.ts'
import type { Probe } from '../linux/probe.ts'
import type { Operation, Plan } from '../plan/operation.ts'

/** Disciplines of net/sched/sch_fifo.c, which is there wherever there are any. */
const BUILT_IN = new Set(['pfifo', 'bfifo'])

/** Errors: refusal FEATURE_MISSING, one for each feature that the kernel lacks. `aftermath` says what became of the lab. */
export async function checkKernelNeeds(engine: Engine, plan: Plan, aftermath: string): Promise<void> {
  const needed = new Map<string, Origin | undefined>()
  for (const operation of plan.operations) {
    for (const name of needsOf(operation)) if (!needed.has(name)) needed.set(name, operation.origin)
  }
  if (needed.size === 0) return
  const missing = (await engine.probeQdiscs([...needed.keys()])).filter(({ ok }) => !ok)
  // Without netem there is no seed either: one finding is enough.
  const told = missing.filter(({ name }) => !missing.some((other) => name.startsWith(`${other.name} `)))
  if (told.length === 0) return
  throw new DiagnosticError(
    'refusal',
    told.map((probe) => missingFeature(probe, needed.get(probe.name), aftermath)),
  )
}

function needsOf(operation: Operation): readonly string[] {
  if (operation.type !== 'add qdisc' && operation.type !== 'change qdisc') return []
  const { options } = operation.qdisc
  if (BUILT_IN.has(options.kind)) return []
  return options.kind === 'netem' && options.seed !== undefined ? ['netem', 'netem seed'] : [options.kind]
}

function missingFeature({ name, words }: Probe, origin: Origin | undefined, aftermath: string): Diagnostic {
  const base = {
    code: 'FEATURE_MISSING' as const,
    severity: 'error' as const,
    ...(origin !== undefined && { origin }),
    facts: [['kernel', words]] as const,
  }
  if (name === 'netem seed') {
    return { ...base, detail: `This kernel takes no \`seed\` for netem: that came with Linux 6.6. ${aftermath}`, hint: 'Leave `seed` out.' }
  }
  const config = `CONFIG_NET_SCH_${name.toUpperCase()}`
  return {
    ...base,
    detail: `This needs the queueing discipline ${name}, which this kernel does not have: the module sch_${name} (${config}). ${aftermath}`,
    hint: 'Where modules are packages of their own it is in linux-modules-extra (Ubuntu) or kernel-modules-extra (Fedora, RHEL).',
    command: { sentence: 'If the module is installed, root can load it with:', line: `modprobe sch_${name}` },
  }
}
