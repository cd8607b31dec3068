// What to do where a program wants another user and the lab has none: that of an ordinary user without subordinate ids.
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { hasOneUser } from '../linux/id-map.ts'

/** What programs print when setuid(2), setgroups(2) or chown(2) knows no such id: EPERM or EINVAL. user_namespaces(7) */
const REFUSED = /Operation not permitted|Invalid argument|\b(?:EPERM|EINVAL)\b/

/** The way out, where what a failed program has printed may come from that; `pid` is a process of the lab's user namespace. */
export function oneUserRemedy(pid: number | undefined, output: string): Pick<Diagnostic, 'hint' | 'command'> {
  if (pid === undefined || !REFUSED.test(output) || !hasOneUser(pid)) return {}
  return {
    hint: 'This lab knows root alone, for you have no subordinate ids: a program that changes its user, or gives files to another, fails. Tell it to stay root (dnsmasq --user=root --group=root), or have the package uidmap installed and a range given to you, and bring the lab up anew.',
    command: { sentence: 'Root gives it with:', line: subordinateIdsCommand() },
  }
}

/** What root calls to give this user a range of ids: the first that distributions give. usermod(8) */
export function subordinateIdsCommand(): string {
  return `usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${process.env['USER'] ?? process.getuid!()}`
}
