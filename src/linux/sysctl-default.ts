// What a sysctl is before anybody sets it: asked from a network namespace made for the question.
import { inScratchNetns } from './scratch-netns.ts'
import { readSysctl } from './sysctl.ts'

/** Values in a new namespace, by name. An interface's own (net.ipv4.conf.eth0.x) begins as its family's default. `proc`: see `inScratchNetns`. */
export function sysctlDefaults(proc: number | undefined, names: readonly string[]): Map<string, string> {
  return inScratchNetns(proc, () => {
    const values = new Map<string, string>()
    for (const name of names) {
      const value = readSysctl(name.replace(/^(net\.ipv[46]\.(?:conf|neigh))\.(?!all\.)[^.]+\./, '$1.default.'))
      if (value !== undefined) values.set(name, value)
    }
    return values
  })
}
