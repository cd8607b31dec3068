import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'
import { readLessons } from './lessons.ts'
import { writeJson } from './report.ts'

interface Options {
  readonly json?: true
}

export const learnCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('list the labs that teach')
      .description('Lists the labs that come with netlab and what each teaches. "netlab init" copies one, with its text and its exercise.')
      .option('--json', 'print JSON')
      .addHelpText('after', examples(['netlab learn', 'all of them'], ['netlab init two-lans', 'a copy of one to work with']))
  },

  run(context, { options }) {
    const lessons = readLessons()
    const width = Math.max(...lessons.map(({ name }) => name.length))
    if (options.json === true) writeJson(context, lessons)
    else context.stdout.write(lessons.map(({ name, teaches }) => `${name.padEnd(width)}  ${teaches}\n`).join(''))
    return Promise.resolve(EXIT_DONE)
  },
}
