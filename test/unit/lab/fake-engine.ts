/** An engine that does what a test says, and remembers what it was asked to apply. */
import type { ApplyOutcome } from '../../../src/linux/apply.ts'
import type { Engine, ApplyOptions } from '../../../src/linux/engine.ts'
import type { Observation } from '../../../src/linux/observe.ts'
import type { Operation } from '../../../src/plan/operation.ts'

export interface FakeEngine extends Engine {
  /** What each call of `apply` was given. */
  readonly applied: (readonly Operation[])[]
}

interface Behaviour {
  readonly apply?: (operations: readonly Operation[], options: ApplyOptions) => ApplyOutcome
  readonly observe?: () => Observation
}

export function fakeEngine({ apply, observe }: Behaviour): FakeEngine {
  const applied: (readonly Operation[])[] = []
  const unexpected = (): never => {
    throw new Error('The test does not expect this of the engine')
  }
  return {
    applied,
    pid: undefined,
    start: unexpected,
    removeImages: unexpected,
    unpack: unexpected,
    enter: unexpected,
    apply: (operations, options = {}) => {
      applied.push(operations)
      return Promise.resolve(apply?.(operations, options) ?? { attempted: operations.length, refusals: [] })
    },
    observe: () => Promise.resolve((observe ?? unexpected)()),
    prepare: unexpected,
    defaults: unexpected,
    probeQdiscs: unexpected,
    flows: unexpected,
    lookup: unexpected,
    facts: unexpected,
    usedPorts: unexpected,
    pathExists: unexpected,
    returnLinks: unexpected,
    moveLink: unexpected,
    list: unexpected,
    watch: unexpected,
    commit: unexpected,
    close: () => Promise.resolve(),
  }
}
