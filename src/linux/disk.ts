// Disks of this machine: what the kernel counts and limits by. /sys/dev/block, sysfs(5); makedev(3).
import { existsSync, readFileSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** A whole disk, `/dev/sda` and its number, `8:0`. */
export interface Disk {
  readonly name: string
  readonly number: string
}

/** The disk that a path is, that it is a partition of, or that it lies on; in words, why there is none. */
export function findDisk(path: string): Disk | { readonly problem: string } {
  const status = statSync(path, { throwIfNoEntry: false })
  if (status === undefined) return { problem: `there is no ${path}` }
  const folder = folderOf(numberOf(status.isBlockDevice() ? status.rdev : status.dev))
  if (folder === undefined) return { problem: `${path} lies on no disk of its own (an overlay, say, or files in memory)` }
  const whole = existsSync(join(folder, 'partition')) ? dirname(folder) : folder
  return diskAt(whole)
}

/** The name of a disk by its number; the number itself where it has gone. */
export function diskName(number: string): string {
  const folder = folderOf(number)
  return folder === undefined ? number : diskAt(folder).name
}

function numberOf(device: number): string {
  const [major, minor] = [(device >>> 8) & 0xfff, (device & 0xff) | ((device >>> 12) & 0xfff00)]
  return `${major}:${minor}`
}

function folderOf(number: string): string | undefined {
  const path = join('/sys/dev/block', number)
  return existsSync(path) ? realpathSync(path) : undefined
}

function diskAt(folder: string): Disk {
  const name = /^DEVNAME=(.*)$/m.exec(readFileSync(join(folder, 'uevent'), 'utf8'))![1]!
  return { name: `/dev/${name}`, number: readFileSync(join(folder, 'dev'), 'utf8').trim() }
}
