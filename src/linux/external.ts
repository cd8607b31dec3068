// Interfaces of the machine in a lab. Whatever the kernel has of the lab goes with the holder, and so would a virtual interface of the
// machine in it: so each namespace that has one is kept by a mount in the lab's directory, as `ip netns` keeps its own, until all have
// been given back. How they were is written down there before they are taken.
import { existsSync, mkdirSync, openSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TakeLink } from '../plan/operation.ts'
import type { RouteState } from '../state/network.ts'
import { attachMount, close, CLONE_NEWNET, MNT_DETACH, openTree, setns, umount } from './libc.ts'
import { addrAgain, decodeAddr } from './message/addr.ts'
import { decodeLink, getLinks, moveLink, setLink, type LinkMessage } from './message/link.ts'
import { decodeRoute, newRoute } from './message/route.ts'
import { sendRequest } from './send-request.ts'
import { readTaken, takenPath, writeTaken, type LostLink, type TakenLink } from './taken.ts'
import { dump, openNetlink, transact, type NetlinkSocket, type Request } from './transport.ts'
import { IFF_UP, RT_TABLE_LOCAL, RTM_GETADDR, RTM_GETLINK, RTM_GETROUTE } from './uapi.ts'
import { inHostMounts, inNet, type OpenNamespace, type World } from './world.ts'

const KEPT = 'external'
/** Beside the namespaces of nodes, whose names have no such sign. */
const MACHINE = '@host'

/** Brings an interface of the machine into a namespace of the lab. Errors: those of the kernel; ENODEV where the machine does not have it. */
export function takeLink(world: World, namespace: OpenNamespace, { ifname, link }: TakeLink): void {
  const machine = inNet(world, world.hostNet, openNetlink)
  try {
    const found = linksOf(machine).find((one) => one.ifname === link.device)
    if (found === undefined) throw refusal('ENODEV', `the machine has no interface ${link.device}`)
    const ifindex = world.nextIfindex++
    const entry = { device: link.device, netns: namespace.name, ifname, ifindex, home: homeOf(machine, found) }
    inHostMounts(world, () => note(world, namespace, entry))
    const { mtu, lladdr, alias = '' } = link
    try {
      sendRequest(machine, moveLink(found.ifindex, namespace.net, ifname, ifindex))
      sendRequest(namespace.netlink, setLink(ifindex, { mtu, alias, ...(lladdr !== undefined && { lladdr }) }, undefined))
    } catch (error) {
      giveBack(world, namespace, ifname)
      throw error
    }
    namespace.ifindexes.set(ifname, ifindex)
  } finally {
    machine.close()
  }
}

/** Writes down what is about to be taken, and keeps its two namespaces. When it throws, nothing is noted of it. */
function note({ directory, hostNet }: World, namespace: OpenNamespace, entry: TakenLink): void {
  const isOther = ({ netns, ifname }: TakenLink): boolean => netns !== entry.netns || ifname !== entry.ifname
  const others = readTaken(directory).filter(isOther) // an engine that was killed right here has left a note
  writeTaken(directory, [...others, entry])
  try {
    keep(directory, MACHINE, hostNet)
    keep(directory, namespace.name, namespace.net)
  } catch (error) {
    forget(directory, [...others, entry], others)
    throw error
  }
}

/** Gives an interface back, out of a lab that runs. Errors: those of the kernel. */
export function giveBack(world: World, namespace: OpenNamespace, ifname: string): void {
  inHostMounts(world, () => {
    const { directory } = world
    const taken = readTaken(directory)
    const entry = taken.find((one) => one.netns === namespace.name && one.ifname === ifname)
    if (entry === undefined) throw refusal('ENODEV', `${ifname} is not noted as an interface of the machine`)
    const machine = openSync(join(directory, KEPT, MACHINE), 'r')
    try {
      const lost = bringHome(entry, namespace.net, machine)
      if (lost !== undefined) throw refusal('EBUSY', lost)
    } finally {
      close(machine)
      setns(world.base.net, CLONE_NEWNET)
    }
    forget(
      directory,
      taken,
      taken.filter((one) => one !== entry),
    )
  })
}

/** Gives all of them back, whose lab has ended. This thread is in the machine's mount namespace, and in the network `home`. */
export function giveAllBack(directory: string, home: number): LostLink[] {
  const taken = readTaken(directory)
  const lost = taken.flatMap(({ netns, ...entry }): LostLink[] => {
    if (!isKept(directory, netns) || !isKept(directory, MACHINE)) return [] // it was about to be taken
    const open = (name: string): number => openSync(join(directory, KEPT, name), 'r')
    try {
      const [inside, machine] = [open(netns), open(MACHINE)]
      const reason = bringHome({ netns, ...entry }, inside, machine)
      close(inside)
      close(machine)
      return reason === undefined ? [] : [{ device: entry.device, netns, reason }]
    } catch (error) {
      return [{ device: entry.device, netns, reason: error instanceof Error ? error.message : String(error) }]
    } finally {
      setns(home, CLONE_NEWNET)
    }
  })
  forget(directory, taken, [])
  return lost
}

/** Lets go of the namespaces of which nothing is to be given back any more. */
function forget(directory: string, before: readonly TakenLink[], left: readonly TakenLink[]): void {
  const needed = new Set(left.flatMap(({ netns }) => [netns, MACHINE]))
  if (left.length > 0) writeTaken(directory, left)
  for (const name of new Set(before.flatMap(({ netns }) => [netns, MACHINE]))) {
    const path = join(directory, KEPT, name)
    if (needed.has(name)) continue
    if (isKept(directory, name)) umount(path, MNT_DETACH)
    rmSync(path, { force: true })
  }
  if (left.length > 0) return
  rmSync(takenPath(directory), { force: true })
  if (existsSync(join(directory, KEPT))) rmdirSync(join(directory, KEPT))
}

/** A namespace with a mount of its own lives on without a process. This thread is in the machine's mount namespace. */
function keep(directory: string, name: string, net: number): void {
  const path = join(directory, KEPT, name)
  if (isKept(directory, name)) return
  mkdirSync(join(directory, KEPT), { recursive: true, mode: 0o700 })
  writeFileSync(path, '')
  const tree = openTree(`/proc/thread-self/fd/${net}`)
  try {
    attachMount(tree, path)
  } finally {
    close(tree)
  }
}

/** Whether the namespace is mounted there: an engine that is killed may leave the file alone. */
function isKept(directory: string, name: string): boolean {
  const found = statSync(join(directory, KEPT, name), { throwIfNoEntry: false })
  return found !== undefined && found.dev !== statSync(directory).dev
}

/** Moves it home and makes it as it was. Returns why it is not back, or not as it was. Leaves this thread in one of the two networks. */
function bringHome({ device, ifindex, home }: TakenLink, insideNet: number, machineNet: number): string | undefined {
  const inside = openIn(insideNet)
  const machine = openIn(machineNet)
  try {
    const there = linksOf(inside).find((one) => one.ifindex === ifindex)
    // The move may not have been made, or the kernel has brought it home itself.
    const back = there === undefined ? linksOf(machine).find((one) => one.ifname === device) : undefined
    if (there === undefined && back === undefined) return 'it is in the lab no more, and not on the machine'
    const isMoved = there === undefined || move(inside, ifindex, machineNet, device, home.ifindex)
    const ownName = isMoved ? device : `dev${home.ifindex}`
    if (!isMoved && !move(inside, ifindex, machineNet, ownName, home.ifindex))
      return `the machine takes it neither as ${device} nor as ${ownName}`
    const found = linksOf(machine).find((one) => one.ifname === ownName)
    if (found === undefined) return 'it did not arrive'
    const refused = restore(machine, { ...home, ifindex: found.ifindex }, found.lladdr)
    if (!isMoved) return `it came back as ${ownName}: another interface has its name`
    return refused.length === 0 ? undefined : `it is back, but for ${refused.join(', ')}`
  } finally {
    inside.close()
    machine.close()
  }
}

function openIn(net: number): NetlinkSocket {
  setns(net, CLONE_NEWNET)
  return openNetlink()
}

/** With its old number, or, where that is taken by now, with this one. */
function move(inside: NetlinkSocket, ifindex: number, machineNet: number, name: string, oldIfindex: number): boolean {
  return [oldIfindex, ifindex].some((number) => transact(inside, [moveLink(ifindex, machineNet, name, number)]).length === 0)
}

/** What could not be restored. `now`: its link-layer address, which a tunnel does not let itself be given. */
function restore(machine: NetlinkSocket, home: TakenLink['home'], now: string | undefined): string[] {
  const { ifindex, up, mtu, lladdr, alias = '', addrGenMode: mode, addrs, routes } = home
  const steps: (readonly [string, Request])[] = [
    ['its settings', setLink(ifindex, { mtu, alias, ...(lladdr !== undefined && lladdr !== now && { lladdr }) }, undefined)],
    ...(mode === undefined || mode === 'other' ? [] : [['its IPv6 mode', setLink(ifindex, { addrGenMode: mode }, undefined)] as const]),
    ['its state', setLink(ifindex, { up }, undefined)],
    ...addrs.map((body) => addrStep(Buffer.from(body, 'base64'), ifindex)),
    ...routes.map((route) => [`the route to ${route.dst}`, newRoute(route, () => ifindex)] as const),
  ]
  return steps.flatMap(([what, step]) => {
    const [refused] = transact(machine, [step])
    return refused === undefined || refused.code === 'EEXIST' ? [] : [`${what} (${refused.extack ?? refused.code})`]
  })
}

function addrStep(body: Buffer, ifindex: number): readonly [string, Request] {
  const addr = decodeAddr(body)
  return [`${addr?.local ?? ''}/${addr?.prefixlen ?? ''}`, addrAgain(body, ifindex)]
}

function homeOf(machine: NetlinkSocket, link: LinkMessage): TakenLink['home'] {
  const { ifindex, ifname, flags, mtu, lladdr, alias, addrGenMode } = link
  const addrs: string[] = []
  const routes: RouteState[] = []
  const eachAddr = (body: Buffer): void => {
    const addr = decodeAddr(body)
    // What a router advertises comes again by itself; a lease does not.
    if (addr?.ifindex !== ifindex || addr.linkScope || (addr.family === 6 && !addr.permanent)) return
    addrs.push(body.toString('base64'))
  }
  const eachRoute = (body: Buffer): void => {
    const route = decodeRoute(body, (number) => (number === ifindex ? ifname : String(number)))
    if (route === undefined || route.table === RT_TABLE_LOCAL || route.nexthops.length === 0) return
    if (route.nexthops.every(({ dev }) => dev === ifname)) routes.push(route)
  }
  dump(machine, RTM_GETADDR, Buffer.alloc(8), eachAddr, () => (addrs.length = 0))
  dump(machine, RTM_GETROUTE, Buffer.alloc(12), eachRoute, () => (routes.length = 0))
  const up = (flags & IFF_UP) !== 0
  return {
    ifindex,
    up,
    mtu,
    ...(lladdr !== undefined && { lladdr }),
    ...(alias !== undefined && { alias }),
    ...(addrGenMode !== undefined && { addrGenMode }),
    addrs,
    routes,
  }
}

function linksOf(netlink: NetlinkSocket): LinkMessage[] {
  const links: LinkMessage[] = []
  dump(
    netlink,
    RTM_GETLINK,
    getLinks(false),
    (body) => links.push(decodeLink(body, false)),
    () => (links.length = 0),
  )
  return links
}

/** What `apply` tells as a refusal: with these words in the place of a system call's name. */
function refusal(code: string, words: string): Error {
  return Object.assign(new Error(`${code}: ${words}`), { code, syscall: words })
}
