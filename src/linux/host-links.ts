// As root, /run/netns/<lab>.<node> leads to the node's network namespace, so that `ip netns exec` and every tool that knows these
// names just work. They are symbolic links to the holder's descriptors: no mount, and nothing that could keep a dead lab alive.
import {
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { FABRIC, HOST } from '../state/network.ts'
import type { HeldName } from './holder.ts'
import { isErrno } from './sysctl.ts'
import { writeWhole } from './write-whole.ts'

const NETNS = '/run/netns'
/** Says that /run/netns was made by netlab and is to go with its last lab. */
const MARK = '/run/netlab/.made-run-netns'

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

/** Links that are made for a lab before it has a record: whoever ends it then must know of them. */
export interface LinkNotes {
  readonly holderPid: number
  readonly paths: readonly string[]
}

function notesPath(directory: string): string {
  return join(directory, 'host-links.json')
}

/** Writes down which links are about to be made. */
export function noteLinks(directory: string, notes: LinkNotes): void {
  writeWhole(notesPath(directory), JSON.stringify(notes))
}

/** Undefined where nothing was noted: then no link was made. */
export function notedLinks(directory: string): LinkNotes | undefined {
  const path = notesPath(directory)
  return existsSync(path) ? (JSON.parse(readFileSync(path, 'utf8')) as LinkNotes) : undefined
}

/** To be called when the lab has a record, which names them, too. */
export function forgetLinks(directory: string): void {
  rmSync(notesPath(directory))
}

/**
 * Makes the links to what the holder keeps that are not there or lead elsewhere. Returns the paths that are somebody else's. `far`: as
 * `makeFarDirectory` made it, where there are many.
 */
export function placeHostLinks(lab: string, holderPid: number, held: readonly HeldName[], far?: string): string[] {
  return held
    .filter(({ name }) => isLinked(name))
    .map(({ name, netFd }) => ({ path: join(NETNS, hostLinkName(lab, name)), target: `/proc/${holderPid}/fd/${netFd}` }))
    .filter(({ path, target }) => !placeHostLink(path, target, far))
    .map(({ path }) => path)
}

/** Puts a link at `path`. Returns false where somebody else's namespace has that name: other tools keep theirs here, too. */
export function placeHostLink(path: string, target: string, far?: string): boolean {
  try {
    makeLink(path, target, far)
    return true
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  }
  const now = lstatSync(path).isSymbolicLink() ? readlinkSync(path) : ''
  // One that leads to another holder is another lab's, "a" with a node "b.c" beside "a.b" with "c"; or left by a lab that is dead.
  const isFree = holderOf(now) !== undefined && (holderOf(now) === holderOf(target) || !existsSync(path))
  if (now === target) return true
  if (!isFree) return false
  rmSync(path)
  makeLink(path, target, far)
  return true
}

/** Makes /run/netns, too, where it is not there: with the last name of another lab it may go at any moment. */
function makeLink(path: string, target: string, far: string | undefined): void {
  for (let attempt = 1; ; attempt++) {
    try {
      return far === undefined ? symlinkSync(target, path) : makeLinkBy(join(far, 'link'), path, target)
    } catch (error) {
      if (!isErrno(error, 'ENOENT') || attempt === ATTEMPTS) throw error
      makeNetns()
    }
  }
}

const ATTEMPTS = 10

/** The link lies where it was made first, whatever its other names are. */
function makeLinkBy(draft: string, path: string, target: string): void {
  symlinkSync(target, draft)
  try {
    linkSync(draft, path)
  } catch (error) {
    if (!isErrno(error, 'EXDEV')) throw error
    symlinkSync(target, path) // "ip netns add" has mounted /run/netns over itself
  } finally {
    unlinkSync(draft)
  }
}

/** Another lab, or "ip netns add", may have made it since it was looked for. */
function makeNetns(): void {
  writeFileSync(MARK, '')
  try {
    mkdirSync(NETNS)
  } catch (error) {
    if (!isErrno(error, 'EEXIST')) throw error
  }
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

/** Takes /run/netns away again where netlab made it and nothing is left in it. Another lab may come or go meanwhile. */
export function removeMadeNetns(): void {
  if (!existsSync(MARK) || (existsSync(NETNS) && readdirSync(NETNS).length > 0)) return
  rmSync(MARK, { force: true })
  try {
    rmdirSync(NETNS)
  } catch (error) {
    if (isErrno(error, 'ENOTEMPTY'))
      writeFileSync(MARK, '') // of a lab that has come: it goes with that one
    // "ip netns add" has mounted the directory over itself, and uses it as its own by now.
    else if (!isErrno(error, 'ENOENT') && !isErrno(error, 'EBUSY')) throw error
  }
}
