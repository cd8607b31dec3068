// Sysctls of a network namespace: /proc/sys/net shows the namespace of the thread that opens it (proc_sysctl.c). sysctl(8).
import { closeSync, existsSync, readdirSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { close, mountDetached, O_WRONLY, openat, SyscallError } from './libc.ts'

/** `net.ipv4.conf.eth0/1.rp_filter` → `net/ipv4/conf/eth0.1/rp_filter` below /proc/sys: dots and slashes change places, sysctl.d(5). */
function pathBelowSys(name: string): string {
  return name.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'))
}

/**
 * One procfs has an entry `net/ipv4` for every namespace that was looked at, all in one hash chain: at a thousand nodes a look-up takes
 * 0.3 ms. So now and then a new procfs is taken.
 */
const LOOKUPS_PER_PROC = 128
let proc: { readonly root: number | undefined; lookups: number } | undefined

function open(name: string, flags?: number): number {
  if (proc === undefined || (proc.root !== undefined && proc.lookups >= LOOKUPS_PER_PROC)) {
    if (proc?.root !== undefined) close(proc.root)
    proc = { root: newProc(), lookups: 0 }
  }
  proc.lookups++
  const path = `sys/${pathBelowSys(name)}`
  return proc.root === undefined ? openat(-1, `/proc/${path}`, flags) : openat(proc.root, path, flags)
}

/** Undefined where neither this process nor the lab may mount one: then it is the one under /proc for ever. */
function newProc(): number | undefined {
  try {
    return mountDetached('proc')
  } catch (error) {
    if (error instanceof SyscallError) return procOfLab() // EPERM in a user namespace; ENOSYS before Linux 5.2
    throw error
  }
}

let procOfLab = (): number | undefined => undefined

/** From now on the lab gives a procfs where this process may mount none. */
export function takeProcFrom(lab: () => number | undefined): void {
  procOfLab = lab
  if (proc?.root === undefined) proc = undefined
}

/** The value as /proc/sys shows it, without the line end; undefined where this kernel or namespace has no such sysctl. */
export function readSysctl(name: string): string | undefined {
  let fd: number
  try {
    fd = open(name)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined
    throw error
  }
  try {
    return readFileSync(fd, 'utf8').trimEnd()
  } finally {
    closeSync(fd)
  }
}

/** Whether this process's own network has the sysctl. */
export function hasSysctl(name: string): boolean {
  return existsSync(`/proc/sys/${pathBelowSys(name)}`)
}

/** Names in the folder of a sysctl, as this process's own network has them; none where there is no such folder. */
export function siblingSysctls(name: string): string[] {
  const folder = dirname(pathBelowSys(name))
  try {
    return readdirSync(`/proc/sys/${folder}`).map((file) => pathBelowSys(`${folder}/${file}`))
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

/** Writes a value. Errors: ENOENT (no such sysctl), EINVAL (value), EACCES (not writable here). */
export function writeSysctl(name: string, value: string): void {
  const fd = open(name, O_WRONLY)
  try {
    writeSync(fd, value)
  } finally {
    closeSync(fd)
  }
}

/** Whether a value thrown by node:fs carries this errno name. */
export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
