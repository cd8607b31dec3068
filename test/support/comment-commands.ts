/**
 * The commands in the comment of a lab, with what they say will be seen:
 *
 *     #   netlab exec h1 -- ping -c 3 h2          # 3 received, ttl=63
 *     #   netlab up topologies/two-lans.yaml
 */
import { expandRange } from '../../src/unit/range.ts'

export interface Promised {
  /** As it stands in the comment. */
  readonly command: string
  /** Where it runs; empty for `up`. */
  readonly nodes: readonly string[]
  /** For `sh -c`: what stands behind `--`. One ping must do where a reader is shown three. */
  readonly script: string
  readonly isUp: boolean
  /** The remark behind it or on the next line; empty where there is none. */
  readonly words: string
}

/** Programs that serve until they are stopped, or that need such a server. */
const NOT_HERE = /\bhttp\.server\b|\bcurl\b/

/** Commands of `netlab exec`, and `netlab up` of the file itself, in their order, up to the first that needs another file. */
export function promisesOf(text: string): Promised[] {
  const lines = text.split('\n')
  const commands = lines.flatMap((line, index) => {
    const [, command, remark] = /^# {3}(\S.*?)(?: +# (.*))?$/.exec(line) ?? []
    return command === undefined ? [] : [{ command, words: remark ?? remarkOn(lines[index + 1]) }]
  })
  const end = commands.findIndex(({ command }) => command.includes('/tmp/'))
  return commands.slice(0, end < 0 ? commands.length : end).flatMap(({ command, words }) => promiseOf(command, words))
}

/** The remark of a command that fills its own line. */
function remarkOn(line = ''): string {
  return /^# {5,}# (.*)$/.exec(line)?.[1] ?? ''
}

function promiseOf(command: string, words: string): Promised[] {
  if (command.startsWith('netlab up ')) return [{ command, nodes: [], script: '', isUp: true, words }]
  const [, ends, script] = /^netlab exec (\S+) -- (.*)$/.exec(command) ?? []
  if (ends === undefined || script === undefined || ends === '--all' || NOT_HERE.test(script)) return []
  return [{ command, nodes: nodesOf(ends), script: script.replace('-c 3 ', '-c 1 '), isUp: false, words }]
}

function nodesOf(ends: string): string[] {
  return ends
    .replaceAll('"', '')
    .split(',')
    .flatMap((end) => expandRange(end).value ?? [])
}
