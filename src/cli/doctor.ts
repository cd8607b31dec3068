import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE, EXIT_REFUSED } from './exit-code.ts'
import type { Check } from '../lab/doctor.ts'
import { writeJson } from './report.ts'

interface Options {
  readonly json?: true
}

export const doctorCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('try what this kernel and user can do')
      .description(
        'Tries each kind of namespace, link, queueing discipline and rule that netlab can make, in a scratch namespace, and says what ' +
          'to install or set where one is missing. A lab that does not use what is missing runs all the same; exit status 3 when none can run.',
      )
      .option('--json', 'print JSON')
      .addHelpText('after', examples(['netlab doctor', 'what works here'], ['netlab doctor --json', 'for programs']))
  },

  async run(context, { options }) {
    const checks = await context.library.doctor()
    if (options.json === true) writeJson(context, { checks })
    else context.stdout.write(checksText(checks, context.stdout.hasColor))
    return checks.every((check) => check.ok || !check.isNeeded) ? EXIT_DONE : EXIT_REFUSED
  },
}

function checksText(checks: readonly Check[], hasColor: boolean): string {
  const paint = (code: number, text: string): string => (hasColor ? `\u001b[${code}m${text}\u001b[0m` : text)
  const width = Math.max(0, ...checks.map((check) => check.name.length))
  const groups = new Set(checks.map((check) => check.group))
  const blocks = [...groups].map((group) => {
    const members = checks.filter((check) => check.group === group)
    const lines = members.flatMap((check) => [
      `  ${check.ok ? paint(32, '✓') : paint(31, '✗')} ${check.name.padEnd(width)}  ${check.words}`,
      ...(check.remedy === undefined ? [] : check.remedy.split('\n').map((line) => `    ${' '.repeat(width)}  ${line}`)),
    ])
    return [paint(1, group), ...lines].join('\n')
  })
  const missing = checks.filter((check) => !check.ok).length
  return `${[...blocks, missing === 0 ? 'Everything works here.' : `${missing} of ${checks.length} do not work here.`].join('\n\n')}\n`
}
