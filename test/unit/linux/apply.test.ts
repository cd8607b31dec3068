import { describe, expect, it } from 'vitest'
import { apply } from '../../../src/linux/apply.ts'
import { RTM_NEWMDB } from '../../../src/linux/uapi-link.ts'
import { RTM_DELLINK, RTM_NEWADDR, RTM_NEWLINK } from '../../../src/linux/uapi.ts'
import type { World } from '../../../src/linux/world.ts'
import type { AddAddr, AddVeth, Operation } from '../../../src/plan/operation.ts'
import type { VethLink } from '../../../src/state/network.ts'
import { acknowledge, fakeKernel, refuse, type FakeKernel, type SentMessage } from '../../support/fake-kernel.ts'

const E2BIG = 7
const EEXIST = 17
const EXFULL = 54
const PLAIN = { netns: 'a', cause: 'not there' }

/** A world of the named namespaces, each with a kernel that refuses what `refuses` says. */
function worldOf(names: readonly string[], refuses: (message: SentMessage, netns: string) => number | undefined = () => undefined) {
  const kernels = new Map<string, FakeKernel>()
  const world: World = {
    idMapKey: '',
    directory: '/nowhere',
    holder: { pid: 1, fd: -1, waiting: new Map() },
    hostNet: -1,
    hostMnt: -1,
    hostProc: -1,
    ownNs: -1,
    base: { net: -1, mnt: -1, uts: -1 },
    namespaces: new Map(),
    device: 0,
    freshPlaces: new Map(),
    nextIfindex: 10,
    families: new Map(),
  }
  names.forEach((name, index) => {
    const netlink = fakeKernel((message) => {
      const errno = refuses(message, name)
      return errno === undefined ? acknowledge(message) : refuse(message, errno)
    })
    kernels.set(name, netlink)
    world.namespaces.set(name, { name, net: 100 + index, netlink, ifindexes: new Map([['br0', 2]]) })
  })
  const sent = (name: string): number[][] => kernels.get(name)!.datagrams.map((messages) => messages.map(({ type }) => type))
  return { world, sent }
}

function addAddr(netns: string, host: number): AddAddr {
  return { ...PLAIN, type: 'add addr', netns, addr: { ifname: 'br0', family: 4, local: `10.0.0.${host}`, prefixlen: 24 } }
}

function addVeth(near: Partial<VethLink> = {}, far: Partial<VethLink> = {}): AddVeth {
  const end = { kind: 'veth', up: false, mtu: 1500 } as const
  return {
    ...PLAIN,
    type: 'add veth',
    ifname: 'eth0',
    link: { ...end, peer: { netns: 'b', ifname: 'eth0' }, ...near },
    peer: { ...end, peer: { netns: 'a', ifname: 'eth0' }, ...far },
  }
}

/** The last byte of an address. */
const hostOf = ({ bytes, type }: SentMessage): number | undefined => (type === RTM_NEWADDR ? bytes[bytes.length - 9] : undefined)

describe('apply', () => {
  it('sends neighbours of one namespace together', () => {
    const { world, sent } = worldOf(['a', 'b'])
    const operations = [addAddr('a', 1), addAddr('a', 2), addAddr('b', 3), addAddr('a', 4)]
    expect(apply(world, operations)).toEqual({ attempted: 4, refusals: [] })
    expect(sent('a')).toEqual([[RTM_NEWADDR, RTM_NEWADDR], [RTM_NEWADDR]])
    expect(sent('b')).toEqual([[RTM_NEWADDR]])
  })

  it('tells what was refused, and stops after the datagram that it was in', () => {
    const { world, sent } = worldOf(['a', 'b'], (message) => (hostOf(message) === 1 ? EEXIST : undefined))
    const operations = [addAddr('b', 9), addAddr('a', 1), addAddr('a', 2), addAddr('b', 3)]
    expect(apply(world, operations)).toEqual({ attempted: 3, refusals: [{ index: 1, code: 'EEXIST' }] })
    expect(sent('b')).toEqual([[RTM_NEWADDR]])
  })

  it('makes many cables in one datagram', () => {
    const { world, sent } = worldOf(['a', 'b'])
    expect(apply(world, [addVeth(), addVeth()])).toEqual({ attempted: 2, refusals: [] })
    expect(sent('a')).toEqual([[RTM_NEWLINK, RTM_NEWLINK]])
  })

  it('makes a cable whole before the next: alias, and the bridge of its second end', () => {
    const { world, sent } = worldOf(['a', 'b'])
    expect(apply(world, [addVeth({ alias: 'long' }, { master: 'br0' }), addAddr('a', 1)])).toEqual({ attempted: 2, refusals: [] })
    expect([sent('a'), sent('b')].flat(2)).toHaveLength(3)
  })

  it.each([
    ['a cable that is refused leaves the next untried', 0, (message: SentMessage) => message.type === RTM_NEWLINK, 0],
    ['a cable whose second end finds no room in its bridge is taken back', 0, (message: SentMessage) => message.flags === 5, 1],
  ])('%s', (_, index, isRefused, deletions) => {
    // Flags 5, NLM_F_REQUEST | NLM_F_ACK: a change of a link, not a new one.
    const { world, sent } = worldOf(['a', 'b'], (message) => (message.type === RTM_NEWLINK && isRefused(message) ? EXFULL : undefined))
    const operations: Operation[] = [addVeth({ master: 'br0' }, { master: 'br0' }), addAddr('b', 1)]
    expect(apply(world, operations)).toEqual({ attempted: 1, refusals: [{ index, code: 'EXFULL' }] })
    expect([sent('a'), sent('b')].flat(2).filter((type) => type === RTM_DELLINK)).toHaveLength(deletions)
    expect(sent('b').flat()).not.toContain(RTM_NEWADDR)
  })

  it('a cable that was made after a refusal in its datagram is taken back too: it is not among what was done', () => {
    const { world, sent } = worldOf(['a', 'b'], (message) => (hostOf(message) === 1 ? EEXIST : undefined))
    expect(apply(world, [addAddr('a', 1), addVeth({ alias: 'long' })])).toEqual({ attempted: 1, refusals: [{ index: 0, code: 'EEXIST' }] })
    expect([sent('a'), sent('b')].flat(2)).toEqual([RTM_NEWADDR, RTM_NEWLINK, RTM_DELLINK])
  })

  it('a bridge that has no room for a group is told to go on snooping: what is refused has no effect', () => {
    const { world, sent } = worldOf(['a'], ({ type }) => (type === RTM_NEWMDB ? E2BIG : undefined))
    const full: Operation = { ...PLAIN, type: 'add mdb', ifname: 'br0', bridge: 'br0', mdb: { group: '239.1.1.1' } }
    expect(apply(world, [full])).toEqual({ attempted: 1, refusals: [{ index: 0, code: 'E2BIG' }] })
    expect(sent('a').flat()).toEqual([RTM_NEWMDB, RTM_NEWLINK])
  })
})
