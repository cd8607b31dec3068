#!/usr/bin/env node
// The `netlab` program. Loads as little as it can: a short command must not take twice the time that node itself takes.
import { optimizeLate } from '../unit/late-optimizing.ts'
import { exit, processContext } from './process-context.ts'
import { run } from './run.ts'
import { useCases } from './use-cases.ts'

optimizeLate()
const context = processContext(useCases)
await exit(await run(process.argv.slice(2), context))
