/** Root directories and mounts of nodes: what they are, whether two are the same, and how one reads. */
import type { Sourced } from '../diagnostic/origin.ts'

/** What a namespace has of a tree of files; only nodes have any. */
export interface TreeState {
  /** The root directory, where that is not the machine's own. */
  readonly root?: RootState
  /** By absolute path inside the node, in the order in which they are mounted. */
  readonly mounts: ReadonlyMap<string, MountState>
}

/** A root directory that is seen through overlayfs: what lies below is never written. */
export interface RootState extends Sourced {
  /** `machine`: the machine's own. `directory`: a tree on it. `image`: the tree of an OCI image. */
  readonly kind: 'machine' | 'directory' | 'image'
  /** Absolute path on the machine of what lies below; `/` of kind machine. Of kind image where its layers are unpacked, without what `idMapKey` adds. */
  readonly tree: string
  /** Of kind image, the lowest first. */
  readonly layers?: readonly LayerState[]
  /** Absolute path of the directory that keeps the node's writes. Absent: they are kept in the lab's tmpfs, and go with the node. */
  readonly save?: string
}

/** A layer of an image: a tar archive. */
export interface LayerState {
  readonly path: string
  /** `sha256:…` of the file. */
  readonly digest: string
  readonly compression: 'none' | 'gzip' | 'zstd'
}

export type MountState = BindMount | TmpfsMount

/** A file or directory of the machine. */
export interface BindMount extends Sourced {
  readonly kind: 'bind'
  /** Absolute path on the machine. */
  readonly source: string
  readonly readOnly: boolean
}

/** An empty directory of the node's own, with the owner and mode of the one that it covers. */
export interface TmpfsMount extends Sourced {
  readonly kind: 'tmpfs'
  /** Absent: as much as the kernel gives, half of the memory. */
  readonly sizeBytes?: number
}

/** Also where neither is there: the machine's own root directory. */
export function isSameRoot(one: RootState | undefined, other: RootState | undefined): boolean {
  return one?.kind === other?.kind && one?.tree === other?.tree && one?.save === other?.save
}

/** `the machine's own`, `/srv/debian`, `the machine's own, seen through an overlay, writes kept in /srv/h1`. */
export function rootText(root: RootState | undefined): string {
  if (root === undefined) return "the machine's own"
  const below = root.kind === 'machine' ? "the machine's own, seen through an overlay" : root.tree
  return root.save === undefined ? below : `${below}, writes kept in ${root.save}`
}

export function isSameMount(one: MountState | undefined, other: MountState | undefined): boolean {
  return one !== undefined && other !== undefined && mountText(one) === mountText(other)
}

/** `/srv/www ro`, `tmpfs size 65536`: all that a mount is. */
export function mountText(mount: MountState): string {
  if (mount.kind === 'tmpfs') return mount.sizeBytes === undefined ? 'tmpfs' : `tmpfs size ${mount.sizeBytes}`
  return mount.readOnly ? `${mount.source} ro` : mount.source
}

/** Whether `path` is `directory`, or lies in it. */
export function isWithin(directory: string, path: string): boolean {
  return path === directory || path.startsWith(directory === '/' ? '/' : `${directory}/`)
}
