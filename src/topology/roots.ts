/** What a node sees for its files: `root`, `overlay`, `mounts` and `private`. */
import { existsSync, statfsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Origin } from '../diagnostic/origin.ts'
import { isWithin, type MountState, type RootState } from '../state/mount.ts'
import type { FileState } from '../state/network.ts'
import { parseSize } from '../unit/size.ts'
import type { Findings } from './findings.ts'
import { pathBeside } from './load.ts'
import { readImage, type Image } from './image.ts'
import { foreignMachine } from './machine.ts'
import { lookInside, machineOf, nearestInside } from './tree.ts'
import { asMap, mapAt, scalarAt, textsAt, valueAt } from './value.ts'
import type { MapValue, ScalarValue, Value } from './value.ts'

/** <linux/magic.h> */
const OVERLAYFS_SUPER_MAGIC = 0x794c7630

export interface Tree {
  readonly root?: RootState
  readonly image?: Image
  readonly mounts: ReadonlyMap<string, MountState>
}

/** What commands have in a root directory of other programs, where the caller's own would name what is not there. */
export function treeEnvironment({ root, image }: Tree): Record<string, string> {
  if (root === undefined || root.kind === 'machine') return {}
  const shell = root.kind === 'image' || lookInside(root.tree, '/bin/bash') === undefined ? '/bin/sh' : '/bin/bash'
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', SHELL: shell, ...image?.env }
}

/** `files` are those of the node. */
export function readTree(settings: MapValue, files: ReadonlyMap<string, FileState>, findings: Findings): Tree {
  const word = scalarAt(settings, 'image')
  const image = word === undefined ? undefined : readImage(word, findings)
  const root = readRoot(settings, image, findings)
  // What an image has is known when it is unpacked.
  const mounts = readMounts(settings, word === undefined ? (root?.tree ?? '/') : undefined, findings)
  for (const [path, { origin }] of files) {
    const bound = [...mounts].find(([target, mount]) => isWithin(target, path) && (mount.kind === 'bind' || target === path))?.[0]
    if (bound !== undefined)
      findings.error('CONFLICTING_VALUES', origin, `${path} lies in ${bound}, which is mounted: put the file where that is mounted from.`)
  }
  return { ...(root !== undefined && { root }), ...(image !== undefined && { image }), mounts }
}

function readRoot(settings: MapValue, image: Image | undefined, findings: Findings): RootState | undefined {
  const overlay = valueAt(settings, 'overlay')
  const root = scalarAt(settings, 'root')
  const other = scalarAt(settings, 'image')
  const save = overlay?.kind === 'map' ? scalarAt(overlay, 'save') : undefined
  const kept = save === undefined ? {} : { save: readSave(save, findings) }
  if (root === undefined && other === undefined) {
    return overlay === undefined || isOff(overlay) ? undefined : { kind: 'machine', tree: '/', ...kept, origin: overlay.origin }
  }
  if (overlay !== undefined && isOff(overlay))
    findings.error(
      'CONFLICTING_VALUES',
      overlay.origin,
      'A node with `root` or `image` has an overlay: the directory itself is never written.',
    )
  if (root === undefined) return image && { ...image.root, ...kept }
  if (other !== undefined) findings.error('CONFLICTING_VALUES', other.origin, 'A node has either a `root` or an `image`.')
  const tree = resolve(pathBeside(root.origin.file, root.text))
  return isUsableRoot(tree, root, findings) ? { kind: 'directory', tree, ...kept, origin: root.origin } : undefined
}

function isOff(overlay: Value): boolean {
  return overlay.kind === 'scalar' && overlay.value === false
}

/** overlayfs takes no other overlay for the layer that is written to: what is saved cannot lie in a container's own files. */
function readSave(save: ScalarValue, findings: Findings): string {
  const path = resolve(pathBeside(save.origin.file, save.text))
  let there = path
  while (!existsSync(there)) there = dirname(there)
  if (!statSync(there).isDirectory()) findings.error('ROOT_UNUSABLE', save.origin, `${there} is not a directory.`)
  else if (statfsSync(there).type === OVERLAYFS_SUPER_MAGIC)
    findings.error(
      'ROOT_UNUSABLE',
      save.origin,
      `${there} lies on overlayfs itself, as a container's files do: the kernel keeps no layer there.`,
      {
        hint: 'Name a directory on a volume or another file system, or leave `save` out.',
      },
    )
  return path
}

function isUsableRoot(tree: string, word: ScalarValue, findings: Findings): boolean {
  const stat = statSync(tree, { throwIfNoEntry: false })
  const refuse = (words: string): false => {
    findings.error('ROOT_UNUSABLE', word.origin, `${word.text} ${words}`)
    return false
  }
  if (stat === undefined) return refuse('is not there.')
  if (!stat.isDirectory()) return refuse('is not a directory.')
  const shell = lookInside(tree, '/bin/sh')
  if (shell === undefined) {
    findings.warning('NO_SHELL', word.origin, `${word.text} has no /bin/sh: commands that are a text, and "netlab shell", will not run.`)
    return true
  }
  const machine = machineOf(shell.place)
  const foreign = machine === undefined ? undefined : foreignMachine(machine)
  return foreign === undefined ? true : refuse(`is for another machine: its programs are for ${foreign}`)
}

/** In the order in which they are mounted: outer ones first. */
export function withInnerLast(mounts: readonly (readonly [path: string, mount: MountState])[]): Map<string, MountState> {
  return new Map(mounts.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

function readMounts(settings: MapValue, tree: string | undefined, findings: Findings): Map<string, MountState> {
  const found: [string, MountState][] = []
  for (const [path, entry] of mapAt(settings, 'mounts')?.entries ?? []) {
    const mount = readMount(path, entry.key, entry.value, findings)
    if (mount !== undefined && isUsableTarget(path, mount, tree, findings)) found.push([path, mount])
  }
  for (const word of textsAt(settings, 'private')) {
    const mount: MountState = { kind: 'tmpfs', origin: word.origin }
    if (!isUsableTarget(word.text, mount, tree, findings)) continue
    if (found.some(([path]) => path === word.text)) findings.error('CONFLICTING_VALUES', word.origin, `${word.text} is mounted twice.`)
    else found.push([word.text, mount])
  }
  return withInnerLast(found)
}

function readMount(path: string, origin: Origin, value: Value, findings: Findings): MountState | undefined {
  const map = value.kind === 'map' ? value : undefined
  const from = map === undefined ? (value.kind === 'scalar' ? value : undefined) : scalarAt(asMap(map), 'from')
  const tmpfs = scalarAt(map, 'tmpfs')
  const isTmpfs = tmpfs !== undefined && tmpfs.value !== false
  if (isTmpfs === (from !== undefined)) {
    findings.error('INVALID_VALUE', origin, `The mount ${path} takes either \`from\` or \`tmpfs\`.`)
    return undefined
  }
  const ro = scalarAt(map, 'ro')
  if (isTmpfs) {
    if (ro?.value === true) findings.error('CONFLICTING_VALUES', ro.origin, 'An empty directory that cannot be written to is of no use.')
    if (tmpfs.value === true) return { kind: 'tmpfs', origin }
    const { value: sizeBytes, problem } = parseSize(tmpfs.text)
    if (problem !== undefined) findings.error('INVALID_VALUE', tmpfs.origin, `${problem}.`)
    return sizeBytes === undefined ? undefined : { kind: 'tmpfs', sizeBytes, origin }
  }
  const source = resolve(pathBeside(from!.origin.file, from!.text))
  if (!existsSync(source)) {
    findings.error('MOUNT_UNUSABLE', from!.origin, `${from!.text} is not there, or in a folder that you may not enter.`)
    return undefined
  }
  return { kind: 'bind', source, readOnly: ro?.value === true, origin }
}

function isUsableTarget(path: string, mount: MountState, tree: string | undefined, findings: Findings): boolean {
  const problem = targetProblem(path) ?? (tree === undefined ? undefined : placeProblem(path, mount, tree))
  if (problem !== undefined) findings.error('MOUNT_UNUSABLE', mount.origin, `${path} ${problem}.`)
  return problem === undefined
}

function targetProblem(path: string): string | undefined {
  const steps = path.split('/').slice(1)
  if (!path.startsWith('/')) return 'is not an absolute path: it must begin with "/"'
  if (path === '/') return 'is the whole of the node: use `root` or `overlay`'
  if (path.includes('\0') || steps.some((step) => ['', '.', '..'].includes(step))) return 'has an empty step, "." or ".." in it'
  if (/^\/(?:proc|sys)(?:\/|$)/.test(path)) return "is the kernel's"
  return undefined
}

/** What the node has there already: a mount takes the place of a thing of its own kind. */
function placeProblem(path: string, mount: MountState, tree: string): string | undefined {
  const isDirectory = mount.kind === 'tmpfs' || statSync(mount.source).isDirectory()
  const there = nearestInside(tree, path)
  if (there.path !== path) return there.stat.isDirectory() ? undefined : `lies in ${there.path}, which is a file`
  if (there.stat.isDirectory() === isDirectory) return undefined
  return isDirectory ? 'is a file, and a directory cannot be mounted over it' : 'is a directory, and a file cannot be mounted over it'
}
