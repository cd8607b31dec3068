// Sysctls of a network namespace: /proc/sys/net shows the namespace of the thread that opens it (proc_sysctl.c). sysctl(8).
import { readFileSync, writeFileSync } from 'node:fs'

/** `net.ipv4.conf.eth0/1.rp_filter` → `/proc/sys/net/ipv4/conf/eth0.1/rp_filter`: dots and slashes change places, sysctl.d(5). */
export function sysctlPath(name: string): string {
  return `/proc/sys/${name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))}`
}

/** The value as /proc/sys shows it, without the line end; undefined where this kernel or namespace has no such sysctl. */
export function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(sysctlPath(name), 'utf8').trimEnd()
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
}

/** Writes a value. Errors: ENOENT (no such sysctl), EINVAL (value), EACCES (not writable here). */
export function writeSysctl(name: string, value: string): void {
  writeFileSync(sysctlPath(name), value)
}

/** Whether a value thrown by node:fs carries this errno name. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
