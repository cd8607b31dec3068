// What a sysctl is before anybody sets it: asked from a network namespace made for the question.
import { close, CLONE_NEWNET, openat, setns, unshare } from './libc.ts'
import { readSysctl } from './sysctl.ts'

/**
 * Values in a new namespace, by name. An interface's own (net.ipv4.conf.eth0.x) begins as its family's default.
 * `proc` is a /proc that knows this process.
 */
export function sysctlDefaults(proc: number, names: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  const home = openat(proc, 'thread-self/ns/net')
  try {
    unshare(CLONE_NEWNET)
    for (const name of names) {
      const value = readSysctl(name.replace(/^(net\.ipv[46]\.(?:conf|neigh))\.(?!all\.)[^.]+\./, '$1.default.'))
      if (value !== undefined) values.set(name, value)
    }
  } finally {
    setns(home, CLONE_NEWNET)
    close(home)
  }
  return values
}
