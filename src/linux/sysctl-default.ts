// What a sysctl is before anybody sets it: asked from a network namespace made for the question.
import { close, CLONE_NEWNET, openat, setns, unshare } from './libc.ts'
import { readSysctl } from './sysctl.ts'

/**
 * Values in a new namespace, by name. An interface's own (net.ipv4.conf.eth0.x) begins as its family's default.
 * `proc` is a /proc that knows this process. Without it the thread stays in the new namespace: an engine that is in no lab came from
 * the machine's, to which there is no way back out of a user namespace (setns(2), EPERM).
 */
export function sysctlDefaults(proc: number | undefined, names: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  const home = proc === undefined ? undefined : openat(proc, 'thread-self/ns/net')
  try {
    unshare(CLONE_NEWNET)
    for (const name of names) {
      const value = readSysctl(name.replace(/^(net\.ipv[46]\.(?:conf|neigh))\.(?!all\.)[^.]+\./, '$1.default.'))
      if (value !== undefined) values.set(name, value)
    }
  } finally {
    if (home !== undefined) {
      setns(home, CLONE_NEWNET)
      close(home)
    }
  }
  return values
}
