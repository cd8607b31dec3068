// Programs that a plan runs in nodes and waits for: the packet filter tools, and setup commands.
import type { RunSetup, SetRuleset } from '../plan/client-operation.ts'
import type { Operation, Plan } from '../plan/operation.ts'
import { oomFacts } from './limits.ts'
import type { Engine } from '../linux/engine.ts'
import { enterCommand } from '../linux/nsexec.ts'
import { describe, sameAs } from '../plan/words.ts'
import { limiter } from './limiter.ts'
import { oneUserRemedy } from './one-user.ts'
import { loadRuleset } from './ruleset.ts'
import { run } from './run.ts'
import type { Failure } from './service-run.ts'

/** Programs at once: each is short, and most of it is work of the kernel. */
const AT_ONCE = 4

/** Last lines of a failed command's output that are shown. */
const OUTPUT_LINES = 20

interface RulesetRun {
  readonly directory: string
  readonly onEffect: (operation: SetRuleset) => void
  readonly signal?: AbortSignal
}

/** Loads rulesets, those of several nodes side by side and those of one in order. After a failure, or the signal, no further one is begun. */
export async function loadRulesets(
  plan: Plan,
  operations: readonly SetRuleset[],
  { directory, onEffect, signal }: RulesetRun,
): Promise<Failure | undefined> {
  const byNode = new Map<string, SetRuleset[]>()
  for (const operation of operations) byNode.set(operation.netns, [...(byNode.get(operation.netns) ?? []), operation])
  const limit = limiter(AT_ONCE)
  let isOver = false
  const loadIn = async (own: readonly SetRuleset[]): Promise<Failure | undefined> => {
    for (const operation of own) {
      if (isOver || signal?.aborted) return undefined
      const words = await loadRuleset(directory, operation.netns, operation.tool, operation.input)
      if (words === undefined) onEffect(operation)
      else {
        isOver = true
        return rulesetFailure(plan, operation, words)
      }
    }
    return undefined
  }
  const failures = await Promise.all([...byNode.values()].map((own) => limit(() => loadIn(own))))
  const found = failures.filter((failure) => failure !== undefined)
  return found.length === 0 ? undefined : (aftermath) => found.flatMap((failure) => failure(aftermath))
}

function rulesetFailure(plan: Plan, operation: SetRuleset, words: string): Failure {
  const { tool, netns, origin } = operation
  return (aftermath) => [
    {
      code: 'TOOL_FAILED',
      severity: 'error',
      detail: `${tool} rules could not be loaded in ${netns}. ${aftermath}`,
      ...(origin !== undefined && { origin }),
      facts: [...factsOf(plan, operation), [tool, words]],
    },
  ]
}

function factsOf(plan: Plan, operation: Operation): [string, string][] {
  return [
    ['doing', `${describe(operation)} in netns ${operation.netns}`],
    ['same as', sameAs(operation, plan.lab)],
  ]
}

interface SetupRun {
  readonly engine: Engine
  readonly directory: string
  readonly env: ReadonlyMap<string, Readonly<Record<string, string>>>
  readonly capabilities: ReadonlyMap<string, readonly string[]>
  readonly signal?: AbortSignal
}

/** Runs a setup command to its end. */
export async function runSetup(
  plan: Plan,
  operation: RunSetup,
  { engine, directory, env, capabilities, signal }: SetupRun,
): Promise<Failure | undefined> {
  const { netns, origin } = operation
  const finished = await run(enterCommand(directory, netns, operation.argv, capabilities.get(netns)), {
    env: { ...process.env, ...env.get(netns), NETLAB_LAB: plan.lab, NETLAB_NODE: netns },
    cwd: '/',
    ...(signal !== undefined && { signal }),
  }).catch((error: Error) => ({ status: -1, stdout: '', stderr: error.message }))
  if (finished.status === 0) return undefined
  const output = `${finished.stdout}${finished.stderr}`.trimEnd().split('\n').slice(-OUTPUT_LINES)
  const remedy = oneUserRemedy(engine.pid, output.join('\n'))
  return (aftermath) => [
    {
      code: 'SETUP_FAILED',
      severity: 'error',
      detail: `A setup command of ${netns} ended with status ${finished.status}. ${aftermath}`,
      ...(origin !== undefined && { origin }),
      facts: [...factsOf(plan, operation), ...oomFacts(directory, netns), ...output.map((line) => ['output', line] as const)],
      ...remedy,
    },
  ]
}
