import { closeSync, mkdtempSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { ioctlBytes, SyscallError } from './libc.ts'

// <linux/fs.h>; the flag is `T` of chattr(1)
const FS_IOC_GETFLAGS = 0x80086601
const FS_IOC_SETFLAGS = 0x40086602
const FS_TOPDIR_FL = 0x00020000

/**
 * Makes a directory in `parent`, in which things that are of one file system with it can be made quickly. ext4 without a journal walks, for
 * every new inode, over all that were deleted in the same block group within minutes (recently_deleted, fs/ext4/ialloc.c): a thousand take 0.7 s
 * of processor time where as many have gone. Below a top directory, one with a name of chance lies in a group of chance (find_group_orlov).
 * Undefined where the file system knows nothing of this, as tmpfs.
 */
export function makeFarDirectory(parent: string): string | undefined {
  const fd = openSync(parent, 'r')
  try {
    const flags = new BigUint64Array(1)
    const bytes = new Uint8Array(flags.buffer)
    ioctlBytes(fd, 'FS_IOC_GETFLAGS', FS_IOC_GETFLAGS, bytes)
    flags[0]! |= BigInt(FS_TOPDIR_FL)
    ioctlBytes(fd, 'FS_IOC_SETFLAGS', FS_IOC_SETFLAGS, bytes)
  } catch (error) {
    if (error instanceof SyscallError) return undefined // ENOTTY, EOPNOTSUPP; EPERM of a sandbox
    throw error
  } finally {
    closeSync(fd)
  }
  return mkdtempSync(join(parent, 'far-'))
}
