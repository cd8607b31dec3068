/**
 * Random networks on the real kernel: the script of a plan builds the network, that of the next plan changes it into another, and
 * that of the undo steps changes it back. iproute2 tells what stands. So words, order, effects and undo are all held to the truth.
 */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Operation } from '../../../src/plan/operation.ts'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { formatPlanShell } from '../../../src/plan/shell.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { netnsName } from '../../../src/plan/netns-words.ts'
import { differences, formatDifference } from '../../../src/state/compare.ts'
import { FABRIC } from '../../../src/state/network.ts'
import type { NamespaceState, NetworkState } from '../../../src/state/network.ts'
import { dumpCommand, networkFromDump, runInScratch } from '../../support/ip-json.ts'
import { plainNetwork } from '../../support/random-network.ts'

const LAB = 'lab'

/** Without what `ip` cannot tell: hostnames, isolation, limits, files, packet filters. */
function visible(network: NetworkState): NetworkState {
  const namespaces = [...network.namespaces].map(
    ([netns, { hostname: _hostname, isolation: _isolation, limits: _limits, ...namespace }]): [string, NamespaceState] => [
      netns,
      // Most kernels have the disciplines, the one that runs this may not: the guest's tests build them.
      { ...namespace, files: new Map(), rulesets: new Map(), qdiscs: new Map() },
    ],
  )
  return { namespaces: new Map(namespaces) }
}

function script(operations: readonly Operation[]): string {
  return `(\n${formatPlanShell({ lab: LAB, operations })}\n)`
}

test('what the scripts build is what the plans mean', { timeout: 600_000 }, () => {
  fc.assert(
    fc.property(plainNetwork, plainNetwork, (first, second) => {
      const [before, after] = [visible(first), visible(second)]
      const change = planChanges(LAB, after, before).operations
      const undo = undoAll(change)
      const steps = [
        { expected: before, operations: planChanges(LAB, before).operations },
        { expected: after, operations: change },
        // From nothing, a lab that fails is dropped as a whole.
        ...(before.namespaces.size === 0 ? [] : [{ expected: before, operations: undo }]),
      ]
      const text = steps
        .map(({ expected, operations }, index) =>
          [script(operations), ...waits(expected, steps[index - 1]?.expected), 'echo ==', ...dumps(expected)].join('\n'),
        )
        .join('\n')
      const parts = runInScratch(text).split('==\n').slice(1)
      steps.forEach(({ expected }, index) => {
        const names = [...expected.namespaces.keys()].map((netns) => netnsName(LAB, netns))
        const seen = networkFromDump(parts[index] ?? '', names, netnsOf, (netns) => expected.namespaces.get(netns)?.kind ?? 'node')
        expect(differences(expected, seen).map(formatDifference), `step ${index}`).toEqual([])
      })
    }),
    { numRuns: Number(process.env.FC_RUNS ?? 10), ...(process.env.FC_SEED !== undefined && { seed: Number(process.env.FC_SEED) }) },
  )
})

/** The other ends of cables whose namespace is gone go when the kernel's workqueue gets to it (cleanup_net). */
function waits(network: NetworkState, before: NetworkState | undefined): string[] {
  return [...network.namespaces].flatMap(([netns, { links }]) => {
    const gone = [...(before?.namespaces.get(netns)?.links.keys() ?? [])].filter((ifname) => !links.has(ifname))
    return gone.map((ifname) => `while ip -n '${netnsName(LAB, netns)}' link show '${ifname}' >/dev/null 2>&1; do sleep 0.01; done`)
  })
}

function dumps(network: NetworkState): string[] {
  return [...network.namespaces].map(([netns, { sysctls }]) => dumpCommand(netnsName(LAB, netns), [...sysctls.keys()]))
}

function netnsOf(name: string): string {
  return name === LAB ? FABRIC : name.slice(LAB.length + 1)
}
