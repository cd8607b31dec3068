// Command lines of nsexec; native/nsexec.c tells its verbs.
import { nsexecPath } from './installation.ts'

/** A command line that runs `argv` in a node of the lab whose state lies in `directory`. */
export function enterCommand(directory: string, node: string, argv: readonly string[]): { file: string; args: string[] } {
  return { file: nsexecPath(), args: ['enter', directory, node, ...argv] }
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
