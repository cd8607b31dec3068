import { readdirSync, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { displayPath } from '../diagnostic/text.ts'
import type { ReportFormat } from '../check/report/report.ts'
import type { FileResult } from '../check/result.ts'
import type { FileToRun, RunEvent, RunFilesOptions } from '../check/run-files.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import type { Context, Output } from './context.ts'
import { EXIT_DONE, EXIT_REFUSED, EXIT_TEST_FAILED, EXIT_USAGE } from './exit-code.ts'
import { fileOf, findLab } from './lab-name.ts'
import { writeOutputFile } from './output-file.ts'
import { writeJson } from './report.ts'
import { usageError } from './usage.ts'

interface Options {
  readonly bail?: true
  readonly bundle?: string
  readonly filter?: string
  readonly grade?: true
  readonly jobs?: string
  readonly json?: true
  readonly keep?: true
  readonly keepOnFailure?: true
  readonly printFile?: true
  readonly repeat?: string
  readonly report: readonly string[]
  readonly running?: true
  readonly seed?: string
  readonly tests?: string
  readonly timeout?: string
}

const FORMATS: readonly ReportFormat[] = ['junit', 'tap', 'json', 'github', 'csv']

export const testCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('prove what a file claims')
      .description(
        'Brings the lab of each file up under a name of its own, runs its tests, reports, and takes it down. Exit status: 0 when all ' +
          'hold, 1 when a test failed, 2 when a file is wrong, 3 when the kernel or a tool refused; with --grade, 0 when every file has ' +
          'its points, whatever they are, and 3 when the kernel or a tool refused. The fields of --json are those of --report json: ' +
          'passed, failed, skipped; files, each with file, student, points, of, lab, isKept, bundles, diagnostics and tests; a test has ' +
          'name, status (passed, failed, error, skipped), points, earned, elapsedMs, note and steps; a step has words, status, origin ' +
          '(file, line, column), asked, held, seen, heldAfterMs, convergenceMs and misses, each with words, expected, seen and because. ' +
          'New fields may come; none goes or changes its meaning.',
      )
      .argument('[file...]', 'YAML files, folders with a topology.yaml, or directories of YAML files; with --running, a lab')
      .option('--tests <file>', 'take the tests from this file instead')
      .option('--filter <text>', 'only tests whose name has this in it')
      .option('--bail', 'stop at the first test that fails')
      .option('--repeat <n>', 'run each file so many times')
      .option('--jobs <n>', 'so many labs at once (default: 1)')
      .option('--timeout <seconds>', 'how long one test may take (default: 300)')
      .option('--running', 'ask a lab that runs, which stays')
      .option('--keep', 'leave the labs running')
      .option('--keep-on-failure', 'leave a lab running when a test in it failed')
      .option('--bundle <dir>', 'when a test fails, write all that is to be known of its lab there: states, rules, logs, packets')
      .option('--grade', "the files are students' answers: tell the points of each; a test that does not fit a file earns none")
      .option('--seed <text>', "move all private subnets as this text says; {student} in it is the student's name")
      .option('--print-file', 'print the file as --seed moves it, and test nothing')
      .option('--report <format[=file]>', `${FORMATS.join(', ')}; may be given several times`, append, [])
      .option('--json', 'print the results as JSON')
      .addHelpText(
        'after',
        examples(
          ['netlab test topo.yaml', 'in CI'],
          ['netlab test topo.yaml --report junit=junit.xml --report github', 'with annotations, too'],
          ['netlab test topo.yaml --keep-on-failure', 'look around where it went wrong'],
          ['netlab test --running', 'ask the only lab that runs'],
          ['netlab test topo.yaml --bundle failures', 'with states, logs and packets of what fails'],
          ['netlab test --grade answers/ --tests exam.yaml --report csv=grades.csv', 'grade a class by tests it has not seen'],
          ['netlab test task.yaml --seed ada --print-file > ada.yaml', 'a task with subnets of its own for everybody …'],
          ["netlab test --grade answers/ --tests exam.yaml --seed '{student}'", '… and its grading, for answers/ada.yaml'],
        ),
      )
  },

  async run(context, { args, options }) {
    const reports = options.report.map(reportOf)
    const running = options.running === true ? await findLab(context, args[0]) : undefined
    const files = running === undefined ? findFiles(context, args, options) : running.file === undefined ? [] : [{ file: running.file }]
    if (files.length === 0) throw usageError('Which file?', { command: { sentence: 'For example:', line: 'netlab test topo.yaml' } })
    if (options.printFile === true) {
      for (const { file } of files) context.stdout.write(await context.library.shiftFile(file, options.seed ?? ''))
      return EXIT_DONE
    }
    const printer = await createPrinter(context, options.json === true || reports.some(({ file }) => file === undefined))
    const start = performance.now()
    const work = { ...workOf(context, options), onEvent: printer.onEvent, ...(running !== undefined && { running: running.name }) }
    const results = await context.interruptible((signal) => context.library.runFiles(files, { ...work, signal }))
    refuseEmpty(results, options)
    if (options.grade === true) printer.out.write(await context.library.gradeText(results))
    printer.end(results, performance.now() - start)
    if (options.json === true) writeJson(context, JSON.parse(await context.library.formatReport('json', results, context.cwd)))
    for (const { format, file } of reports) {
      const text = await context.library.formatReport(format, results, context.cwd)
      if (file === undefined) context.stdout.write(text)
      else writeOutputFile(resolve(context.cwd, file), text, 'The report')
    }
    return exitCodeOf(results, options.grade === true)
  },
}

/** A filter that no test meets is a mistake, which must not pass for a success. */
function refuseEmpty(results: readonly FileResult[], { filter }: Options): void {
  if (filter !== undefined && results.every(({ tests, failure }) => tests.length === 0 && failure === undefined))
    throw usageError(`No test has "${filter}" in its name.`)
}

/** The files, and those in the directories; a student bears the name of the file, or of the directory where that is the file's own. */
function findFiles(context: Context, args: readonly string[], { grade, seed, tests, printFile }: Options): FileToRun[] {
  if (grade === true && seed !== undefined && tests === undefined)
    throw usageError('--grade with --seed moves the subnets of the tests: give their file with --tests.')
  if (printFile === true && seed === undefined) throw usageError('--print-file shows what --seed makes of a file: give a seed.')
  const files = args.flatMap((arg) => yamlFiles(fileOf(context, arg)))
  const perDirectory = new Map<string, number>()
  for (const file of files) perDirectory.set(dirname(file), (perDirectory.get(dirname(file)) ?? 0) + 1)
  return files.map((file): FileToRun => {
    if (grade !== true) return { file }
    const isAlone = perDirectory.get(dirname(file)) === 1 && !args.some((arg) => [file, dirname(file)].includes(resolve(context.cwd, arg)))
    return { file, student: basename(isAlone ? dirname(file) : file).replace(/\.ya?ml$/, '') }
  })
}

function yamlFiles(path: string): string[] {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) return [path]
  const found = readdirSync(path, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
    .map((entry) => join(entry.parentPath, entry.name))
    .sort()
  if (found.length === 0) throw usageError(`There is no YAML file in ${path}.`)
  return found
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
    ...(options.bundle !== undefined && { bundle: resolve(context.cwd, options.bundle) }),
    ...(options.seed !== undefined && { seed: options.seed }),
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
  readonly out: Output
  readonly onEvent: (event: RunEvent) => void
  end(results: readonly FileResult[], elapsedMs: number): void
}

/** The report for people goes to stdout, or to stderr where stdout has another. Files that run side by side are told one after the other. */
async function createPrinter(context: Context, isTalk: boolean): Promise<Printer> {
  const { testText, fileText, summaryText } = await context.library.testReport()
  const out = isTalk ? context.stderr : context.stdout
  const options = { color: out.hasColor, width: out.columns, cwd: context.cwd }
  return {
    out,
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

function exitCodeOf(results: readonly FileResult[], isGraded: boolean): number {
  if (!isGraded && results.some(({ failure }) => failure === 'finding')) return EXIT_USAGE
  if (results.some(({ failure }) => failure === 'refusal')) return EXIT_REFUSED
  if (isGraded) return EXIT_DONE
  return results.some(({ tests }) => tests.some(({ status }) => status === 'failed' || status === 'error')) ? EXIT_TEST_FAILED : EXIT_DONE
}
