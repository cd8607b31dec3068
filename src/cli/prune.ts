import { displayPath } from '../diagnostic/text.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'
import { writeJson } from './report.ts'

interface Options {
  readonly json?: true
}

export const pruneCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('remove unpacked images that no lab has')
      .description(
        'The layers of an `image` are unpacked once for all labs, in ~/.cache/netlab/images (XDG_CACHE_HOME), and stay there. Removes those ' +
          'that no running lab of this user has; the next lab that wants one unpacks it again. Files in it may belong to subordinate ids, which `rm` may not remove.',
      )
      .option('--json', 'print the paths that were removed as JSON')
      .addHelpText('after', examples(['netlab prune', 'all that are not in use']))
  },

  async run(context, { options }) {
    const removed = await context.library.pruneImages()
    if (options.json === true) writeJson(context, removed)
    else if (removed.length === 0) context.stderr.write('There is nothing to remove.\n')
    else for (const path of removed) context.stderr.write(`removed ${displayPath(path, context.cwd)}\n`)
    return EXIT_DONE
  },
}
