/**
 * `import 'netlab/vitest'` teaches vitest's `expect` to ask labs: `await expect(lab.node('h1')).toReach('web', { tcp: 80 })`. Matchers
 * are asynchronous: `await` them. Tests may run side by side, in one file and in several.
 */
import { expect } from 'vitest'
import { matchPath, matchReach, type PathOptions, type ReachOptions, type Targets } from './check/matchers.ts'

export type { PathOptions, ReachOptions, Targets }

interface LabMatchers {
  /** Every node reaches every target but itself: by an echo, or by what the options name. */
  toReach(targets: Targets, options?: ReachOptions): Promise<void>
  /** Packets to the target pass these nodes, in this order; the target's own node is the last. */
  toTakePath(targets: Targets, path: readonly string[], options?: PathOptions): Promise<void>
}

declare module 'vitest' {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- vitest's own declaration, which this one must repeat
  interface Matchers<T = any> extends LabMatchers {}
}

expect.extend({
  toReach(received: unknown, targets: Targets, options: ReachOptions = {}) {
    return matchReach(received, targets, options, this.isNot)
  },
  toTakePath(received: unknown, targets: Targets, path: readonly string[], options: PathOptions = {}) {
    return matchPath(received, targets, path, options, this.isNot)
  },
})
