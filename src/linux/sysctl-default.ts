// What a sysctl is before anybody sets it: asked from a network namespace made for the question.
import { CLONE_NEWNET, unshare } from './libc.ts'
import { readSysctl } from './sysctl.ts'
import { goHome, type World } from './world.ts'

/** Values in a new namespace, by name. An interface's own (net.ipv4.conf.eth0.x) begins as its family's default. */
export function sysctlDefaults(world: World, names: readonly string[]): Map<string, string> {
  const values = new Map<string, string>()
  try {
    unshare(CLONE_NEWNET)
    for (const name of names) {
      const value = readSysctl(name.replace(/^(net\.ipv[46]\.(?:conf|neigh))\.(?!all\.)[^.]+\./, '$1.default.'))
      if (value !== undefined) values.set(name, value)
    }
  } finally {
    goHome(world)
  }
  return values
}
