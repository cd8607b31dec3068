/**
 * Mounts in a shell script. ip netns exec gives each command a mount namespace of its own, which goes with it: so each command of a node that
 * has mounts makes them first, for itself alone.
 */
import { mountCommand } from './mount-words.ts'
import type { AddMount, Operation, Plan } from './operation.ts'
import { quote } from './quote.ts'

export interface ShellMounts {
  /** The line that adds a mount to those of its node. */
  readonly line: (operation: AddMount) => string
  /** A command that begins with `exec`, with the mounts of its node. */
  readonly wrap: (operation: Operation, exec: string, command: string) => string
}

/** What stands above the lines. */
export const MOUNTS_COMMENT =
  '# ip netns exec keeps no mounts: each command below makes those of its node, over what is there; a tmpfs is empty each time.'

export function shellMounts({ operations }: Plan): ShellMounts {
  const nodes = [...new Set(operations.flatMap(({ type, netns }) => (type === 'add mount' ? [netns] : [])))]
  const begun = new Set<string>()
  const variableOf = (netns: string): string => `mounts_${nodes.indexOf(netns) + 1}`
  return {
    line: ({ netns, mount, path }) => {
      const variable = variableOf(netns)
      const before = begun.has(netns) ? `$${variable}` : ''
      begun.add(netns)
      return `${variable}=${before}${quote(`${mountCommand(mount)} ${quote(path)} && `)}`
    },
    wrap: (operation, exec, command) =>
      nodes.includes(operation.netns) && isOfNode(operation) && command.startsWith(exec)
        ? `${exec} sh -c "$${variableOf(operation.netns)}"'exec "$@"' sh${command.slice(exec.length)}`
        : command,
  }
}

/** What runs inside the node, and sees its files. */
function isOfNode(operation: Operation): boolean {
  return operation.type === 'run setup' || (operation.type === 'start service' && operation.service.definition?.beside !== true)
}
