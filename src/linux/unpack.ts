// Unpacks the layers of an OCI image, one over the other, into one tree: what a layer takes away ("whiteouts") is gone from it, so that a node's
// overlay needs a single lower layer. Runs in an engine of its own, whose main thread lives in the tree (chroot(2)): there no path
// and no symbolic link of an image leads out of it. https://github.com/opencontainers/image-spec/blob/main/layer.md
import { createHash } from 'node:crypto'
import {
  chmodSync,
  closeSync,
  createReadStream,
  existsSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  openSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeSync,
} from 'node:fs'
import { access, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Transform } from 'node:stream'
import { Parser, type ReadEntry } from 'tar'
import type { LayerState } from '../state/mount.ts'
import { decompressor, type Decompress } from './decompress.ts'
import { chdir, chroot, CLONE_FS, mknod, SyscallError, unshare } from './libc.ts'
import { lockFile, type FileLock } from './lock.ts'
import { isErrno } from './sysctl.ts'

/** Code of the error of an image that cannot be unpacked, for what it says. */
export const IMAGE_BROKEN = 'IMAGE_BROKEN'

class BrokenImage extends Error {
  readonly code = IMAGE_BROKEN
}

/** Makes the tree unless it is there. This thread does not come back from it: the engine is of no further use. Errors: IMAGE_BROKEN. */
export async function unpackImage(tree: string, layers: readonly LayerState[]): Promise<void> {
  await access('/') // starts the thread pool: its threads stay outside
  mkdirSync(dirname(tree), { recursive: true, mode: 0o700 })
  const lock = await waitForLock(`${tree}.lock`)
  if (existsSync(tree)) return lock.release()
  const part = `${tree}.part`
  rmSync(part, { recursive: true, force: true }) // of one that was killed
  mkdirSync(part)
  chmodSync(part, 0o755)
  const files = layers.map(({ path, compression }) => ({ fd: openSync(path, 'r'), decompress: decompressor(compression) }))
  unshare(CLONE_FS)
  chroot(part)
  chdir('/')
  process.umask(0)
  try {
    for (const [index, layer] of layers.entries()) await unpackLayer(files[index]!, layer)
    await rename(part, tree)
  } catch (error) {
    await rm(part, { recursive: true, force: true })
    throw error
  } finally {
    await rm(`${tree}.lock`) // not by `release`, whose thread does not see it any more
  }
}

/** Removes what is unpacked under these paths, and what is left of an unpacking that was killed. Those that are being unpacked stay. The paths that went. */
export async function removeImages(trees: readonly string[]): Promise<string[]> {
  const removed: string[] = []
  for (const tree of trees) {
    const lock = lockFile(`${tree}.lock`)
    if ('heldBy' in lock) continue
    const part = `${tree}.part`
    await rm(part, { recursive: true, force: true })
    if (existsSync(tree)) await rename(tree, part) // a half is never taken for the whole
    await rm(part, { recursive: true, force: true })
    lock.release()
    removed.push(tree)
  }
  return removed
}

/** Opened while the machine's files are seen. */
interface LayerFile {
  readonly fd: number
  readonly decompress: Decompress
}

async function waitForLock(path: string): Promise<FileLock> {
  for (;;) {
    const lock = lockFile(path)
    if (!('heldBy' in lock)) return lock
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}

async function unpackLayer({ fd, decompress }: LayerFile, { digest }: LayerState): Promise<void> {
  const sum = createHash('sha256')
  const summed = new Transform({
    transform(bytes: Buffer, _encoding, done) {
      sum.update(bytes)
      done(undefined, bytes)
    },
  })
  const layer = new Layer()
  const parser = new Parser({ strict: true, onReadEntry: (entry: ReadEntry) => layer.take(entry) })
  let problem: Error | undefined
  parser.on('error', (error: Error) => (problem ??= error))
  const packed = createReadStream('', { fd }).pipe(summed)
  try {
    for await (const bytes of decompress(packed)) parser.write(bytes as Buffer)
    parser.end()
    for await (const _ of packed) continue // what follows the end of the archive is summed, too
    if (problem !== undefined) throw problem
    layer.finish()
  } catch (error) {
    throw new BrokenImage(`The layer ${digest} cannot be unpacked: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (`sha256:${sum.digest('hex')}` !== digest) throw new BrokenImage(`The layer ${digest} is damaged: its bytes have another digest`)
}

const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
// <linux/stat.h>
const S_IFIFO = 0o010000
const S_IFCHR = 0o020000
const S_IFBLK = 0o060000
const DEVICES: Readonly<Record<string, number>> = { CharacterDevice: S_IFCHR, BlockDevice: S_IFBLK, FIFO: S_IFIFO }

/** One layer as it is laid over those below. Paths are those of the tree. */
class Layer {
  /** What is of this layer, with the directories above: whiteouts are for what lies below. */
  readonly #own = new Set<string>()
  /** A directory changes with what is put into it: its time is set at the end. */
  readonly #directories = new Map<string, Date | undefined>()
  #problem: Error | undefined

  /** Errors are told by `finish`: the parser would take them for its own. */
  take(entry: ReadEntry): void {
    try {
      this.#place(entry)
    } catch (error) {
      this.#problem ??= error instanceof Error ? error : new Error(String(error))
      entry.resume()
    }
  }

  finish(): void {
    if (this.#problem !== undefined) throw this.#problem
    for (const [path, time] of this.#directories) if (time !== undefined && existsSync(path)) lutimesSync(path, time, time)
  }

  #place(entry: ReadEntry): void {
    const path = pathInside(entry.path)
    const name = basename(path)
    if (name === OPAQUE) this.#clear(dirname(path))
    else if (name.startsWith(WHITEOUT)) this.#remove(join(dirname(path), name.slice(WHITEOUT.length)))
    else return this.#make(path, entry)
    entry.resume()
  }

  #remove(path: string): void {
    if (!this.#own.has(path)) rmSync(path, { recursive: true, force: true })
  }

  /** Takes away all of the layers below in a directory. */
  #clear(directory: string): void {
    for (const name of existsSync(directory) ? readdirSync(directory) : []) {
      const path = join(directory, name)
      if (!this.#own.has(path)) rmSync(path, { recursive: true, force: true })
      else if (lstatSync(path).isDirectory()) this.#clear(path)
    }
  }

  #make(path: string, entry: ReadEntry): void {
    mkdirSync(dirname(path), { recursive: true })
    const there = lstatSync(path, { throwIfNoEntry: false })
    const isSame = there?.isDirectory() === true && entry.type === 'Directory'
    if (there !== undefined && !isSame) rmSync(path, { recursive: true, force: true })
    for (let at = path; at !== '/'; at = dirname(at)) this.#own.add(at)
    switch (entry.type) {
      case 'File':
      case 'OldFile':
      case 'ContiguousFile':
        return writeEntry(path, entry)
      case 'Directory':
        if (!isSame) mkdirSync(path)
        dress(path, entry)
        this.#directories.set(path, entry.mtime)
        break
      case 'SymbolicLink':
        symlinkSync(entry.linkpath ?? '', path)
        dress(path, entry)
        break
      case 'Link':
        linkSync(pathInside(entry.linkpath ?? ''), path)
        break
      case 'CharacterDevice':
      case 'BlockDevice':
      case 'FIFO':
        makeDevice(path, entry)
        break
      default:
        throw new Error(`${entry.path} is of a type that no layer has: ${entry.type}`)
    }
    entry.resume()
  }
}

/** As the tree has it. The thread's root directory holds every path in; one that wants out is told all the same. */
function pathInside(path: string): string {
  if (path.split('/').includes('..')) throw new Error(`the path ${path} leads out of the image`)
  return join('/', path)
}

function writeEntry(path: string, entry: ReadEntry): void {
  const fd = openSync(path, 'wx', 0o600)
  entry.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at)
  })
  entry.on('end', () => {
    closeSync(fd)
    dress(path, entry)
  })
}

/** A user namespace may make no device (EPERM). A node's own /dev is the machine's, and no other device of its root can be opened. */
function makeDevice(path: string, entry: ReadEntry): void {
  const { type, header } = entry
  try {
    mknod(path, DEVICES[type] ?? S_IFIFO, header.devmaj ?? 0, header.devmin ?? 0)
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'EPERM') return
    throw error
  }
  dress(path, entry)
}

/** Owner, mode and time. Who has no subordinate ids has one owner for all (EINVAL). */
function dress(path: string, { uid = 0, gid = 0, mode = 0o755, mtime, type }: ReadEntry): void {
  try {
    lchownSync(path, uid, gid)
  } catch (error) {
    if (!isErrno(error, 'EINVAL')) throw error
  }
  if (type !== 'SymbolicLink') chmodSync(path, mode & 0o7777) // after chown, which takes the set-user-id bit away
  if (mtime !== undefined) lutimesSync(path, mtime, mtime)
}
