// Limits of block devices: io.max of cgroup version 2, blkio.throttle.* of version 1. cgroup-v2.rst, blkio-controller.rst.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ioMaxWords } from '../state/cgroup-files.ts'
import { IO_LIMITED, type IoLimits, type Usage } from '../state/limits.ts'
import { diskName, findDisk } from './disk.ts'

type Read = (path: string, file: string) => string | undefined
type Numbers = Omit<IoLimits, 'device'>

const FIRST_FILES = {
  rbps: 'blkio.throttle.read_bps_device',
  wbps: 'blkio.throttle.write_bps_device',
  riops: 'blkio.throttle.read_iops_device',
  wiops: 'blkio.throttle.write_iops_device',
} as const

/** By the number of the device. */
function numbersSecond(path: string, read: Read): Map<string, Numbers> {
  const lines = (read(path, 'io.max') ?? '').split('\n').filter((line) => line !== '')
  return new Map(
    lines.map((line) => {
      const [device = '', ...words] = line.split(' ')
      const pairs = words.map((word) => word.split('=')).filter(([, value]) => value !== 'max')
      return [device, Object.fromEntries(pairs.map(([name, value]) => [name, Number(value)]))]
    }),
  )
}

function numbersFirst(path: string, read: Read): Map<string, Numbers> {
  const found = new Map<string, Numbers>()
  for (const name of IO_LIMITED)
    for (const [, device = '', value] of (read(path, FIRST_FILES[name]) ?? '').matchAll(/^(\d+:\d+) (\d+)$/gm))
      found.set(device, { ...found.get(device), [name]: Number(value) })
  return found
}

/** The limits of a cgroup; undefined where it has none. */
export function readIo(version: 1 | 2, path: string, read: Read): readonly IoLimits[] | undefined {
  const numbers = (version === 2 ? numbersSecond : numbersFirst)(path, read)
  const io = [...numbers].filter(([, own]) => Object.keys(own).length > 0).map(([device, own]) => ({ device: diskName(device), ...own }))
  return io.length === 0 ? undefined : io
}

/** Sets the limits of each device, and takes away those of all others. Errors: ErrnoException; ENODEV where a disk has gone. */
export function writeIo(version: 1 | 2, path: string, io: readonly IoLimits[], read: Read): void {
  const before = (version === 2 ? numbersSecond : numbersFirst)(path, read)
  const wanted = new Map<string, Numbers>([...before.keys()].map((device) => [device, {}]))
  for (const own of io) {
    const disk = findDisk(own.device)
    if ('problem' in disk) throw Object.assign(new Error(disk.problem), { code: 'ENODEV', syscall: 'open', path: own.device })
    wanted.set(disk.number, own)
  }
  for (const [device, own] of wanted) {
    if (version === 2) writeFileSync(join(path, 'io.max'), `${device} ${ioMaxWords(own)}`)
    // 0 is no limit.
    else for (const name of IO_LIMITED) writeFileSync(join(path, FIRST_FILES[name]), `${device} ${own[name] ?? 0}`)
  }
}

/** Bytes of all devices together. */
export function ioUsage(version: 1 | 2, path: string, read: Read): Usage {
  const text = read(path, version === 2 ? 'io.stat' : 'blkio.throttle.io_service_bytes') ?? ''
  const sum = (pattern: RegExp): number => [...text.matchAll(pattern)].reduce((all, [, bytes]) => all + Number(bytes), 0)
  if (version === 2) return { readBytes: sum(/ rbytes=(\d+)/g), writtenBytes: sum(/ wbytes=(\d+)/g) }
  return { readBytes: sum(/^\d+:\d+ Read (\d+)$/gm), writtenBytes: sum(/^\d+:\d+ Write (\d+)$/gm) }
}
