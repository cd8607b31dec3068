// The names of a lab's namespaces under /run/netns, and the work of making them.
import { rmdirSync } from 'node:fs'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import { HOST } from '../state/network.ts'
import { makeFarDirectory } from '../linux/far-directory.ts'
import type { Engine } from '../linux/engine.ts'
import { forgetLinks, hostLinkPaths, noteLinks, placeHostLinks, removeHostLinks } from '../linux/host-links.ts'
import { hasHostLinks, labDirectory } from './directory.ts'

/** Names that are given while their namespaces are made. */
export interface Naming {
  /** Names what has been made since. */
  goOn(): void
  /** Names the rest, when the lab has a record: with that, the notes of the names are no longer needed. Returns a warning where a name is taken. */
  finish(): Promise<Diagnostic[]>
  /** Resolves when nothing more will be named. */
  stop(): Promise<void>
}

/** Names the namespaces of a lab that is being made, if this user's have names, while the engine does its work. */
export function nameWhileMade(engine: Engine, lab: string, holderPid: number, namespaces: Iterable<string>): Naming {
  if (!hasHostLinks()) return { goOn: () => undefined, finish: () => Promise.resolve([]), stop: () => Promise.resolve() }
  const directory = labDirectory(lab)
  const paths = hostLinkPaths(lab, namespaces)
  noteLinks(directory, { holderPid, paths })
  const far = makeFarDirectory(directory)
  const named = new Set<string>()
  const taken: string[] = []
  const nameHeld = async (): Promise<void> => {
    const held = (await engine.list()).filter(({ name }) => name !== HOST && !named.has(name))
    for (const { name } of held) named.add(name)
    taken.push(...placeHostLinks(lab, holderPid, held, far))
  }
  let work = Promise.resolve()
  let isNext = false
  const goOn = (): void => {
    if (isNext || named.size === paths.length) return
    isNext = true
    work = work.then(() => {
      isNext = false
      return nameHeld()
    })
    work.catch(() => undefined) // whoever finishes is told
  }
  return {
    goOn,
    async finish() {
      goOn()
      await work
      forgetLinks(directory)
      if (far !== undefined) rmdirSync(far)
      return warningOf(taken)
    },
    stop: () => work.catch(() => undefined),
  }
}

/** Brings the names of a lab that was changed in line; `before` are the paths that it had. Returns a warning where a name is taken. */
export async function updateNames(
  engine: Engine,
  lab: string,
  holderPid: number,
  namespaces: Iterable<string>,
  before: readonly string[],
): Promise<Diagnostic[]> {
  if (!hasHostLinks()) return []
  const wanted = new Set(hostLinkPaths(lab, namespaces))
  removeHostLinks(
    before.filter((path) => !wanted.has(path)),
    holderPid,
  )
  return warningOf(placeHostLinks(lab, holderPid, await engine.list()))
}

function warningOf(taken: readonly string[]): Diagnostic[] {
  const [first, ...more] = taken
  if (first === undefined) return []
  const others = more.length === 0 ? '' : ` and ${more.length} more`
  return [
    {
      code: 'NETNS_NAME_TAKEN',
      severity: 'warning',
      detail: `${first}${others} was there and is not of this lab: "ip netns" shows that namespace, not the node.`,
      hint: 'Use "netlab exec"; or remove the other one, or give the lab another name, and run "netlab up" again.',
    },
  ]
}
