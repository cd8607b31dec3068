/** `tests:` → Test[]. Everything that is wrong is a finding with its line. */
import type { Damage } from '../damage.ts'
import { createFindings, type Findings } from '../findings.ts'
import type { Topology } from '../topology.ts'
import { asMap, itemsAt, scalarAt, valueAt } from '../value.ts'
import type { MapValue, Value } from '../value.ts'
import { actionOf, ACTIONS } from './actions.ts'
import { expectationOf, KINDS } from './expectations.ts'
import { networkOf } from './places.ts'
import { createReader, type Reader } from './reader.ts'
import type { Step, Test } from './test.ts'

/** Keys of a test that a step has not. */
const OF_TEST_ONLY = ['steps', 'keep', 'points'] as const

export function readTests(root: MapValue, topology: Topology, findings: Findings, damage: Damage): Test[] {
  const reader = createReader(topology, findings, damage, networkOf(topology))
  return itemsAt(root, 'tests').flatMap((item) => readTest(item, reader) ?? [])
}

/** As `readTests`, of tests that somebody else's topology need not fit: one that does not keeps its name and points, and says why. */
export function gradedTests(root: MapValue, topology: Topology, damage: Damage): Test[] {
  const network = networkOf(topology)
  return itemsAt(root, 'tests').map((item) => {
    const findings = createFindings()
    const test = readTest(item, createReader(topology, findings, damage, network))
    if (test !== undefined && !findings.hasErrors()) return test
    const map = asMap(item)
    const problem = findings.sorted([])[0]?.detail ?? 'It cannot be read.'
    const name = scalarAt(map, 'name')?.text ?? test?.name ?? `line ${item.origin.line}`
    return { name, origin: item.origin, points: pointsOf(map), keep: false, steps: [], problem }
  })
}

function pointsOf(map: MapValue | undefined): number {
  return Number(scalarAt(map, 'points')?.value ?? 1)
}

function readTest(item: Value, reader: Reader): Test | undefined {
  const map = asMap(item)
  if (map === undefined) return undefined
  const { findings } = reader
  const steps = readSteps(map, item, reader)
  if (steps === undefined) return undefined
  const name = scalarAt(map, 'name')?.text ?? steps.map(({ words }) => words).join('; ')
  const keep = valueAt(map, 'keep')
  if (keep !== undefined && valueAt(map, 'steps') === undefined)
    findings.warning('INVALID_VALUE', keep.origin, '`keep` is for tests with `steps`: an expectation alone changes nothing.')
  return { name, origin: item.origin, points: pointsOf(map), keep: scalarAt(map, 'keep')?.value === true, steps }
}

function readSteps(map: MapValue, item: Value, reader: Reader): Step[] | undefined {
  const { findings } = reader
  if (valueAt(map, 'steps') === undefined) {
    for (const [key, entry] of map.entries)
      if (ACTIONS.has(key)) {
        findings.error('INVALID_VALUE', entry.key, `"${key}" is an action: it stands in the \`steps\` of a test.`)
        return undefined
      }
    const step = expectationOf(map, item.origin, reader)
    return step === undefined ? undefined : [step]
  }
  for (const [key, entry] of map.entries)
    if (KINDS.has(key) || ACTIONS.has(key) || key === 'from' || key === 'to')
      findings.error('CONFLICTING_VALUES', entry.key, `A test has \`steps\` or an expectation of its own. Put "${key}" into a step.`)
  const steps = itemsAt(map, 'steps').map((step) => readStep(step, reader))
  return steps.includes(undefined) ? undefined : steps.filter((step) => step !== undefined)
}

function readStep(item: Value, reader: Reader): Step | undefined {
  const map = asMap(item)
  if (map === undefined) return undefined
  for (const key of OF_TEST_ONLY) {
    const entry = map.entries.get(key)
    if (entry !== undefined) reader.findings.error('INVALID_VALUE', entry.key, `"${key}" belongs to a test, not to one of its steps.`)
  }
  const action = [...map.entries.keys()].find((key) => ACTIONS.has(key))
  return action === undefined ? expectationOf(map, item.origin, reader) : actionOf(action, map, reader)
}
