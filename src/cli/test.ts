import { writeFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { displayPath } from '../diagnostic/text.ts'
import type { ReportFormat } from '../check/report/report.ts'
import type { FileResult } from '../check/result.ts'
import type { RunEvent, RunFilesOptions } from '../check/run-files.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context } from './context.ts'
import { EXIT_DONE, EXIT_REFUSED, EXIT_TEST_FAILED, EXIT_USAGE } from './exit-code.ts'
import { fileOf, findLab } from './lab-name.ts'
import { writeJson } from './report.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly bail?: true
  readonly filter?: string
  readonly jobs?: string
  readonly json?: true
  readonly keep?: true
  readonly keepOnFailure?: true
  readonly repeat?: string
  readonly report: readonly string[]
  readonly running?: true
  readonly tests?: string
  readonly timeout?: string
}

const FORMATS: readonly ReportFormat[] = ['junit', 'tap', 'json', 'github']

export const testCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('prove what a file claims')
      .description(
        'Brings the lab of each file up under a name of its own, runs its tests, reports, and takes it down. Exit status: 0 when all ' +
          'hold, 1 when a test failed, 2 when a file is wrong, 3 when the kernel or a tool refused.',
      )
      .argument('[file...]', 'YAML files, or folders with a topology.yaml; with --running, a lab')
      .option('--tests <file>', 'take the tests from this file instead')
      .option('--filter <text>', 'only tests whose name has this in it')
      .option('--bail', 'stop at the first test that fails')
      .option('--repeat <n>', 'run each file so many times')
      .option('--jobs <n>', 'so many labs at once (default: 1)')
      .option('--timeout <seconds>', 'how long one test may take (default: 300)')
      .option('--running', 'ask a lab that runs, which stays')
      .option('--keep', 'leave the labs running')
      .option('--keep-on-failure', 'leave a lab running when a test in it failed')
      .option('--report <format[=file]>', `${FORMATS.join(', ')}; may be given several times`, append, [])
      .option('--json', 'print the results as JSON')
      .addHelpText(
        'after',
        examples(
          ['netlab test topo.yaml', 'in CI'],
          ['netlab test topo.yaml --report junit=junit.xml --report github', 'with annotations, too'],
          ['netlab test topo.yaml --keep-on-failure', 'look around where it went wrong'],
          ['netlab test --running', 'ask the only lab that runs'],
        ),
      )
  },

  async run(context, { args, options }) {
    const reports = options.report.map(reportOf)
    const running = options.running === true ? await findLab(context, args[0]) : undefined
    const files = running === undefined ? args.map((file) => fileOf(context, file)) : running.file === undefined ? [] : [running.file]
    if (files.length === 0) throw usageError('Which file?', { command: { sentence: 'For example:', line: 'netlab test topo.yaml' } })
    const printer = await createPrinter(context, options.json === true || reports.some(({ file }) => file === undefined))
    const start = performance.now()
    const work = { ...workOf(context, options), onEvent: printer.onEvent, ...(running !== undefined && { running: running.name }) }
    const results = await context.interruptible((signal) => context.library.runFiles(files, { ...work, signal }))
    printer.end(results, performance.now() - start)
    if (options.json === true) writeJson(context, JSON.parse(await context.library.formatReport('json', results, context.cwd)))
    for (const { format, file } of reports) {
      const text = await context.library.formatReport(format, results, context.cwd)
      if (file === undefined) context.stdout.write(text)
      else writeFileSync(resolve(context.cwd, file), text)
    }
    return exitCodeOf(results)
  },
}

function append(value: string, before: readonly string[]): readonly string[] {
  return [...before, value]
}

function workOf(context: Context, options: Options): RunFilesOptions {
  const number = (key: 'jobs' | 'repeat' | 'timeout'): number | undefined => {
    const text = options[key]
    if (text === undefined) return undefined
    if (!/^[1-9]\d{0,5}$/.test(text)) throw usageError(`--${key} takes a whole number, 1 or more; this is "${text}".`)
    return Number(text)
  }
  const keep = options.keep === true ? 'always' : options.keepOnFailure === true ? 'on-failure' : undefined
  const [jobs, repeat, timeout] = [number('jobs'), number('repeat'), number('timeout')]
  return {
    ...(options.filter !== undefined && { filter: options.filter }),
    ...(options.bail === true && { bail: true }),
    ...(options.tests !== undefined && { tests: resolve(context.cwd, options.tests) }),
    ...(keep !== undefined && { keep }),
    ...(jobs !== undefined && { jobs }),
    ...(repeat !== undefined && { repeat }),
    ...(timeout !== undefined && { timeoutMs: timeout * 1000 }),
  }
}

/** `junit=report.xml`, or a format alone, which is printed. */
function reportOf(word: string): { format: ReportFormat; file?: string } {
  const [name = '', ...rest] = word.split('=')
  const format = FORMATS.find((each) => each === name)
  if (format === undefined) throw usageError(`There is no report "${name}": ${FORMATS.join(', ')} are known.`)
  return rest.length === 0 ? { format } : { format, file: rest.join('=') }
}

interface Printer {
  readonly onEvent: (event: RunEvent) => void
  end(results: readonly FileResult[], elapsedMs: number): void
}

/** The report for people goes to stdout, or to stderr where stdout has another. Files that run side by side are told one after the other. */
async function createPrinter(context: Context, isTalk: boolean): Promise<Printer> {
  const { testText, fileText, summaryText } = await context.library.testReport()
  const out = isTalk ? context.stderr : context.stdout
  const options = { color: out.hasColor, width: out.columns, cwd: context.cwd }
  return {
    onEvent: (event) => {
      if (event.type !== 'file') return
      const { result } = event
      out.write(`${displayPath(result.file, context.cwd)}\n`)
      for (const test of result.tests) out.write(testText(test, result.sources, options))
      out.write(fileText(result, options))
    },
    end: (results, elapsedMs) => out.write(summaryText(results, elapsedMs)),
  }
}

function exitCodeOf(results: readonly FileResult[]): number {
  if (results.some(({ failure }) => failure === 'finding')) return EXIT_USAGE
  if (results.some(({ failure }) => failure === 'refusal')) return EXIT_REFUSED
  return results.some(({ tests }) => tests.some(({ status }) => status === 'failed' || status === 'error')) ? EXIT_TEST_FAILED : EXIT_DONE
}
