import { SyscallError } from './libc.ts'

/** What refused an operation that is no netlink request. */
export interface SyscallRefusal {
  /** errno name, e.g. ENOSPC. */
  readonly code: string
  /** The system call, and the path where there was one. */
  readonly syscall: string
}

/** Of an error of libc.ts or node:fs. Throws any other: it is a bug. */
export function syscallRefusal(error: unknown): SyscallRefusal {
  if (error instanceof SyscallError) return { code: error.code, syscall: error.syscall }
  if (error instanceof Error && 'code' in error && 'syscall' in error) {
    const path = 'path' in error ? ` ${String(error.path)}` : ''
    return { code: String(error.code), syscall: `${String(error.syscall)}${path}` }
  }
  throw error
}
