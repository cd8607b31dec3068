import { cpSync, existsSync, rmSync } from 'node:fs'
import { resolve } from 'node:path'
import { displayPath } from '../diagnostic/text.ts'
import { didYouMean } from '../diagnostic/suggest.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'
import { readLessons } from './lessons.ts'
import { usageError } from './usage.ts'

export const initCommand: CommandDefinition = {
  define(command) {
    return command
      .summary('copy a lab to start from')
      .description(
        'Copies one of the labs that come with netlab into a folder of its name here: topology.yaml, README.md, and an exercise. ' +
          'What is there already is not overwritten.',
      )
      .argument('[lesson]', 'name of the lab, as "netlab learn" lists it', 'two-hosts')
      .argument('[folder]', 'where to (default: a folder of that name)')
      .addHelpText(
        'after',
        examples(
          ['netlab init', 'the smallest lab, two-hosts'],
          ['netlab init dmz && netlab up dmz', 'a firewall to play with'],
          ['netlab init dmz mine', 'into the folder mine'],
        ),
      )
  },

  run(context, { args }) {
    const name = args[0] ?? 'two-hosts'
    const lessons = readLessons()
    const lesson = lessons.find((each) => each.name === name)
    if (lesson === undefined)
      throw usageError(
        `There is no lab "${name}" to copy.${didYouMean(
          name,
          lessons.map((each) => each.name),
        )}`,
        {
          command: { sentence: 'To see all, run:', line: 'netlab learn' },
        },
      )
    const target = resolve(context.cwd, args[1] ?? name)
    const shown = displayPath(target, context.cwd)
    if (existsSync(target))
      throw usageError(`${shown} is there already, and nothing is overwritten.`, { hint: 'Give another folder behind the name.' })
    try {
      cpSync(lesson.folder, target, { recursive: true })
    } catch (error) {
      rmSync(target, { recursive: true, force: true })
      throw usageError(`${shown} cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
    }
    context.stdout.write(`${shown}\n`)
    context.stderr.write(`Read ${shown}/README.md, and begin with: netlab up ${shown}\n`)
    return Promise.resolve(EXIT_DONE)
  },
}
