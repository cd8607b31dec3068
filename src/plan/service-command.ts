/** Commands of services in words: as the file has them, and as one would type them. */
import type { StartService } from './client-operation.ts'
import { parseForward } from '../state/forward.ts'
import type { PublishedPort } from '../state/forward.ts'
import { besideCommand, bracketed } from './beside-command.ts'
import { quoteAll } from './quote.ts'

/** A command as the file has it: `sh -c` is netlab's own. */
export function commandText(argv: readonly string[]): string {
  const forward = parseForward(argv)
  if (forward !== undefined) return forward.ports.map(portText).join(', ')
  const [shell, option, text, ...more] = argv
  return shell === 'sh' && option === '-c' && text !== undefined && more.length === 0 ? oneLine(text) : oneLine(quoteAll(argv))
}

/** `127.0.0.1:8080/tcp to port 80` */
function portText({ protocol, address, port, portThere }: PublishedPort): string {
  return `${bracketed(address)}:${port}/${protocol} to port ${portThere}`
}

function oneLine(text: string): string {
  return text.trim().replace(/\s*\n\s*/g, '; ')
}

/** In the background, in its directory, with its environment and as its user. */
export function serviceCommand(exec: string, { name, service: { definition } }: StartService): string {
  if (definition === undefined) return `# start service ${name}`
  if (definition.beside) return besideCommand(exec, definition.argv)
  const { argv, env, user, cwd } = definition
  const words = [
    ...(cwd === '/' ? [] : ['sh', '-c', 'cd "$0" && exec "$@"', cwd]),
    ...(Object.keys(env).length === 0 ? [] : ['env', ...Object.entries(env).map(([key, value]) => `${key}=${value}`)]),
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
