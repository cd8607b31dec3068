import { statusText } from '../state/equal.ts'
import type { ServiceReport } from '../lab/services.ts'
import { columns } from './columns.ts'
import { examples } from './command.ts'
import type { CommandDefinition } from './command.ts'
import { EXIT_DONE } from './exit-code.ts'
import { findLab } from './lab-name.ts'
import { writeJson } from './report.ts'

interface Options {
  readonly json?: true
}

export const psCommand: CommandDefinition<Options> = {
  define(command) {
    return command
      .summary('list the services of a lab')
      .description(
        'Lists the services of a lab: what each does, since when, how often it was restarted, and its main process as this machine numbers it.',
      )
      .argument('[lab]', 'name or file of the lab (default: the only one)')
      .option('--json', 'print JSON')
      .addHelpText('after', examples(['netlab ps', 'the only lab'], ['netlab ps dmz --json', 'for programs']))
  },

  async run(context, { args, options }) {
    const lab = await findLab(context, args[0])
    const services = await context.library.listServices(lab.name)
    if (options.json === true) writeJson(context, services.map(serviceJson))
    else if (services.length === 0) context.stderr.write(`${lab.name} has no services.\n`)
    else context.stdout.write(columns([['NODE', 'SERVICE', 'STATE', 'FOR', 'RESTARTS', 'PID', 'COMMAND'], ...services.map(row)]))
    return EXIT_DONE
  },
}

function row({ netns, service, command, status, pid }: ServiceReport): string[] {
  if (status === undefined) return [netns, service, 'lost', '', '', '', command]
  return [netns, service, statusText(status), age(Date.now() - status.sinceMs), String(status.restarts), String(pid ?? ''), command]
}

/** `5s`, `3m`, `2h`, `4d` */
function age(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds}s`
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`
  return seconds < 86_400 ? `${Math.floor(seconds / 3600)}h` : `${Math.floor(seconds / 86_400)}d`
}

function serviceJson({ netns, service, command, status, pid }: ServiceReport): object {
  return {
    node: netns,
    service,
    command,
    state: status?.state ?? 'lost',
    pid: pid ?? null,
    processes: status?.processes ?? 0,
    since: status === undefined ? null : new Date(status.sinceMs).toISOString(),
    restarts: status?.restarts ?? 0,
    exit: status?.exit ?? null,
  }
}
