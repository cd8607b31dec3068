// Command lines of nsexec; native/nsexec.c tells its verbs.
import { constants } from 'node:os'
import type { ServiceDefinition, ServiceName } from '../state/service.ts'
import { capabilityMask } from '../unit/capability.ts'
import { nsexecPath } from './installation.ts'

/** A command line that runs `argv` in a node of the lab whose state lies in `directory`: with all rights, or with these capabilities alone. */
export function enterCommand(
  directory: string,
  node: string,
  argv: readonly string[],
  capabilities?: readonly string[],
): { file: string; args: string[] } {
  const rights = capabilities === undefined ? [] : [`--caps=${capabilityMask(capabilities)}`]
  return { file: nsexecPath(), args: ['enter', ...rights, directory, node, ...argv] }
}

/** A command line that runs a tool of the machine's on a node's network, with all rights: the node's own root directory may lack it. */
export function toolCommand(directory: string, node: string, argv: readonly string[]): { file: string; args: string[] } {
  return { file: nsexecPath(), args: ['tool', directory, node, ...argv] }
}

/** The command line of the holder of the lab whose state lies in `directory`. */
export function holdCommand(directory: string): { file: string; args: string[] } {
  return { file: nsexecPath(), args: ['hold', directory] }
}

/** A command line that starts a service of a node under a supervisor, and returns when it has started. */
export function serveCommand(
  directory: string,
  { netns, service }: ServiceName,
  { definition, digest }: { readonly definition: ServiceDefinition; readonly digest: string },
): { file: string; args: string[] } {
  const { user, cwd, capabilities, restart, stopSignal, stopTimeoutMs, beside } = definition
  const [program, ...words] = definition.argv
  const argv = beside && program === 'nsexec' ? [nsexecPath(), ...words] : definition.argv
  const settings = [
    ...(user === undefined ? [] : [`user=${user}`]),
    `cwd=${cwd}`,
    ...(capabilities === undefined ? [] : [`caps=${capabilityMask(capabilities)}`]),
    `restart=${restart}`,
    `stop=${constants.signals[stopSignal]}`,
    `grace=${stopTimeoutMs}`,
    `digest=${digest}`,
    ...(beside ? ['net=host'] : []),
  ]
  return { file: nsexecPath(), args: [...supervisorWords(directory, { netns, service }), ...settings, '--', ...argv] }
}

/** What the command line of a service's supervisor begins with, after the program's name. */
export function supervisorWords(directory: string, { netns, service }: ServiceName): string[] {
  return ['serve', directory, netns, service]
}

/** A command line that passes netlink datagrams between its stdin, a socket, and the kernel, in one namespace of the lab. */
export function netlinkCommand(directory: string, netns: string): { file: string; args: string[] } {
  return { file: nsexecPath(), args: ['netlink', directory, netns] }
}

/** A command line that runs `argv` in a network of its own, which goes with it: to ask tools without touching anything. */
export function scratchCommand(argv: readonly string[]): { file: string; args: string[] } {
  return { file: nsexecPath(), args: ['scratch', ...argv] }
}

/** A command line that returns when the kernel has freed the network namespaces that have died. */
export function settleCommand(): { file: string; args: string[] } {
  return { file: nsexecPath(), args: ['settle'] }
}
