// As root, /run/netns/<lab>.<node> leads to the node's network namespace, so that `ip netns exec` and every tool that knows these
// names just work. They are symbolic links to the holder's descriptors: no mount, and nothing that could keep a dead lab alive.
import { existsSync, lstatSync, mkdirSync, readdirSync, readlinkSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import type { HeldName } from '../linux/holder.ts'
import { FABRIC, HOST } from '../state/network.ts'
import { stateRoot } from './directory.ts'

const NETNS = '/run/netns'
const STATE_ROOT_OF_ROOT = '/run/netlab'
/** Says that /run/netns was made by netlab and is to go with its last lab. */
const MARK = join(STATE_ROOT_OF_ROOT, '.made-run-netns')

/** Whether this user may have such links: the state is where root's is. */
export function hasHostLinks(): boolean {
  return stateRoot() === STATE_ROOT_OF_ROOT
}

/** Name under /run/netns: the fabric bears the lab's own. */
export function hostLinkName(lab: string, namespace: string): string {
  return namespace === FABRIC ? lab : `${lab}.${namespace}`
}

/** The machine's own network needs no name. */
function isLinked(namespace: string): boolean {
  return namespace !== HOST
}

/** Paths of the links that a lab with these namespaces has. */
export function hostLinkPaths(lab: string, namespaces: Iterable<string>): string[] {
  return [...namespaces].filter(isLinked).map((namespace) => join(NETNS, hostLinkName(lab, namespace)))
}

/**
 * Makes the links that are not there or lead elsewhere; `before` are those of the lab so far, of which the superfluous go. Returns the
 * paths that are somebody else's.
 */
export async function updateHostLinks(
  lab: string,
  holderPid: number,
  held: readonly HeldName[],
  before: readonly string[],
): Promise<string[]> {
  if (!existsSync(NETNS)) {
    writeFileSync(MARK, '')
    mkdirSync(NETNS)
  }
  const named = held.filter(({ name }) => isLinked(name))
  const wanted = new Map(named.map(({ name, netFd }) => [join(NETNS, hostLinkName(lab, name)), `/proc/${holderPid}/fd/${netFd}`]))
  removeHostLinks(
    before.filter((path) => !wanted.has(path)),
    holderPid,
  )
  // Not one after the other: a thousand take a third of a second where /run lies on a disk.
  const taken = await Promise.all([...wanted].map(async ([path, target]) => ((await placeHostLink(path, target)) ? [] : [path])))
  return taken.flat()
}

/** Puts a link at `path`. Returns false where somebody else's namespace has that name: other tools keep theirs here, too. */
export async function placeHostLink(path: string, target: string): Promise<boolean> {
  try {
    await symlink(target, path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
  }
  const now = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : ''
  // One that leads to another holder is another lab's, "a" with a node "b.c" beside "a.b" with "c"; or left by a lab that is dead.
  const isFree = holderOf(now) !== undefined && (holderOf(now) === holderOf(target) || !existsSync(path))
  if (now === target) return true
  if (!isFree) return false
  rmSync(path)
  await symlink(target, path)
  return true
}

/** Removes those links that lead to the lab's holder. */
export function removeHostLinks(paths: readonly string[], holderPid: number): void {
  for (const path of paths) {
    const found = lstatSync(path, { throwIfNoEntry: false })
    if (found?.isSymbolicLink() && holderOf(readlinkSync(path)) === holderPid) rmSync(path)
  }
}

/** The links that lead to a holder. */
export function hostLinksTo(holderPid: number): string[] {
  const names = existsSync(NETNS) ? readdirSync(NETNS, { withFileTypes: true }).filter((entry) => entry.isSymbolicLink()) : []
  return names.map(({ name }) => join(NETNS, name)).filter((path) => holderOf(readlinkSync(path)) === holderPid)
}

/** The holder that one of our links leads to; undefined for a link that is not ours. */
function holderOf(target: string): number | undefined {
  const pid = /^\/proc\/(\d+)\/fd\/\d+$/.exec(target)?.[1]
  return pid === undefined ? undefined : Number(pid)
}

/** Takes /run/netns away again where netlab made it and nothing is left in it. */
export function removeMadeNetns(): void {
  if (!existsSync(MARK) || (existsSync(NETNS) && readdirSync(NETNS).length > 0)) return
  rmSync(MARK)
  if (!existsSync(NETNS)) return
  try {
    rmdirSync(NETNS)
  } catch (error) {
    // "ip netns add" has mounted the directory over itself, and uses it as its own by now.
    if (!(error instanceof Error && 'code' in error && error.code === 'EBUSY')) throw error
  }
}
