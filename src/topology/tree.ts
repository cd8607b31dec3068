/** Looking into a root directory as a node will see it: a symbolic link in it leads nowhere but into it. */
import { closeSync, lstatSync, openSync, readlinkSync, readSync, type Stats } from 'node:fs'
import { dirname, join, posix } from 'node:path'

const MAX_LINKS = 40 // as the kernel, <linux/namei.h> MAXSYMLINKS

/** What is at `path` of the tree, and where on the machine that is; undefined where nothing is, or this user may not look. */
export function lookInside(tree: string, path: string): { readonly stat: Stats; readonly place: string } | undefined {
  let rest = path.split('/').filter(Boolean)
  let at = '/'
  let links = 0
  try {
    for (;;) {
      const stat = lstatSync(join(tree, at))
      if (stat.isSymbolicLink()) {
        if (++links > MAX_LINKS) return undefined
        const target = readlinkSync(join(tree, at))
        rest = [...posix.resolve(dirname(at), target).split('/').filter(Boolean), ...rest]
        at = '/'
        continue
      }
      const [step, ...more] = rest
      if (step === undefined) return { stat, place: join(tree, at) }
      if (!stat.isDirectory()) return undefined
      at = posix.join(at, step)
      rest = more
    }
  } catch {
    return undefined
  }
}

/** The nearest thing at or above `path` that is there. */
export function nearestInside(tree: string, path: string): { readonly path: string; readonly stat: Stats } {
  for (let at = path; ; at = dirname(at)) {
    const found = lookInside(tree, at)
    if (found !== undefined) return { path: at, stat: found.stat }
    if (at === '/') throw new Error(`${tree} is not there`)
  }
}

/** EM_* of <linux/elf-em.h>, as the packages of distributions and images call the machine. */
const MACHINES: ReadonlyMap<number, string> = new Map([
  [3, '386'],
  [8, 'mips'],
  [21, 'ppc64le'],
  [22, 's390x'],
  [40, 'arm'],
  [62, 'amd64'],
  [183, 'arm64'],
  [243, 'riscv64'],
])

/** For which machine a program is; undefined for a script, and for what cannot be read. */
export function machineOf(program: string): string | undefined {
  const header = Buffer.alloc(20)
  try {
    const fd = openSync(program, 'r')
    try {
      readSync(fd, header)
    } finally {
      closeSync(fd)
    }
  } catch {
    return undefined
  }
  return header.readUInt32BE(0) === 0x7f454c46 ? MACHINES.get(header.readUInt16LE(18)) : undefined
}
