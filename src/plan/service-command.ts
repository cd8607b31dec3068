/** Commands of services in words: as the file has them, and as one would type them. */
import type { StartService } from './operation.ts'
import { quoteAll } from './quote.ts'

/** A command as the file has it: `sh -c` is netlab's own. */
export function commandText(argv: readonly string[]): string {
  const [shell, option, text, ...more] = argv
  return shell === 'sh' && option === '-c' && text !== undefined && more.length === 0 ? oneLine(text) : oneLine(quoteAll(argv))
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, '; ')
}

/** In the background, in its directory, with its environment and as its user. */
export function serviceCommand(exec: string, { name, service: { definition } }: StartService): string {
  if (definition === undefined) return `# start service ${name}`
  const { argv, env, user, cwd } = definition
  const words = [
    ...(cwd === '/' ? [] : ['env', `--chdir=${cwd}`]),
    ...(Object.keys(env).length === 0
      ? []
      : [...(cwd === '/' ? ['env'] : []), ...Object.entries(env).map(([key, value]) => `${key}=${value}`)]),
    ...(user === undefined ? [] : userWords(user)),
    ...argv,
  ]
  return `${exec} ${quoteAll(words)} </dev/null >/dev/null 2>&1 &`
}

/** setpriv(1) */
function userWords(user: string): string[] {
  const [name = '', group] = user.split(':')
  return ['setpriv', `--reuid=${name}`, ...(group === undefined ? ['--init-groups'] : [`--regid=${group}`, '--clear-groups'])]
}
