/**
 * One folder a case: desired.yaml, and where there is something already observed.yaml, previous.yaml and options.json, give
 * plan.txt, the same as commands in plan.sh, and what undoes it in undo.txt. UPDATE_GOLDEN=1 rewrites these.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { PlanOptions } from '../../../src/plan/draft.ts'
import { planChanges } from '../../../src/plan/reconcile.ts'
import { formatPlanShell } from '../../../src/plan/shell.ts'
import { formatPlanText } from '../../../src/plan/text.ts'
import { undoAll } from '../../../src/plan/undo.ts'
import { describe as wordsOf } from '../../../src/plan/words.ts'
import { parseNetwork } from '../../support/network.ts'

const here = import.meta.dirname

function read(folder: string, name: string): string | undefined {
  const path = join(here, folder, name)
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined
}

function optionsOf(folder: string): PlanOptions {
  const previous = read(folder, 'previous.yaml')
  const { tolerated = [], restore = {} } = JSON.parse(read(folder, 'options.json') ?? '{}') as {
    tolerated?: string[]
    restore?: Record<string, Record<string, string>>
  }
  return {
    ...(previous !== undefined && { previous: parseNetwork(previous) }),
    tolerated: new Set(tolerated),
    restore: new Map(Object.entries(restore).map(([netns, values]) => [netns, new Map(Object.entries(values))])),
  }
}

function expectGolden(folder: string, name: string, text: string): void {
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(join(here, folder, name), text)
  expect(text).toBe(read(folder, name))
}

for (const folder of readdirSync(here, { withFileTypes: true }).filter((entry) => entry.isDirectory())) {
  test(folder.name, () => {
    const observed = read(folder.name, 'observed.yaml')
    const plan = planChanges(
      'lab',
      parseNetwork(read(folder.name, 'desired.yaml') ?? '', 'lab.yaml'),
      observed === undefined ? undefined : parseNetwork(observed),
      optionsOf(folder.name),
    )
    expectGolden(folder.name, 'plan.txt', formatPlanText(plan))
    expectGolden(folder.name, 'plan.sh', formatPlanShell(plan))
    const undo = undoAll(plan.operations).map((step) => `${step.netns} ${wordsOf(step)}`)
    expectGolden(folder.name, 'undo.txt', `${undo.join('\n')}\n`)
  })
}
