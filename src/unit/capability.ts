/** Capabilities of processes by name. capabilities(7), <linux/capability.h>. */
import type { Parsed } from './parsed.ts'

/** In the order of their numbers, without CAP_. */
const CAPABILITIES = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE'],
  ...['NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT'],
  ...['SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE'],
  ...['AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ'],
  ...['PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
]

/**
 * What a command in a node has: what containers have by default, with NET_ADMIN, NET_BROADCAST and IPC_LOCK, for a node is there to be
 * configured, and without MKNOD and SETFCAP, since what they make lies on the machine's own file system.
 */
export const DEFAULT_CAPABILITIES: readonly string[] = [
  ...['CHOWN', 'DAC_OVERRIDE', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'NET_BIND_SERVICE', 'NET_BROADCAST'],
  ...['NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'SYS_CHROOT', 'AUDIT_WRITE'],
]

/** The names that a word stands for: `NET_ADMIN`, `CAP_NET_ADMIN`, `net_admin`; `ALL` is every one. */
export function parseCapabilities(text: string): Parsed<readonly string[]> {
  const name = text.toUpperCase().replace(/^CAP_/, '')
  if (name === 'ALL') return { value: CAPABILITIES }
  return CAPABILITIES.includes(name) ? { value: [name] } : { problem: `"${text}" is not a capability, e.g. NET_ADMIN` }
}

/** Names that `parseCapabilities` takes. */
export const CAPABILITY_NAMES: readonly string[] = [...CAPABILITIES, 'ALL']

/** A bit for each, in hexadecimal, as /proc/PID/status has them. */
export function capabilityMask(names: Iterable<string>): string {
  let mask = 0n
  for (const name of names) mask |= 1n << BigInt(CAPABILITIES.indexOf(name))
  return mask.toString(16).padStart(16, '0')
}
