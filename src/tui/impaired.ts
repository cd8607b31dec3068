// What a link does to what leaves by one of its ends, from the disciplines that the kernel tells of.
import type { LiveNetwork } from '../lab/live-network.ts'
import { impairmentTexts } from '../state/impairment-text.ts'
import type { ImpairmentKey } from '../state/impairment-words.ts'
import { impairmentOf } from '../state/impairment.ts'
import type { LiveQdisc } from '../state/live.ts'
import type { LinkEnd } from '../state/network.ts'

export interface Impaired {
  /** By key, as the file would have them; undefined where another program has made the disciplines. */
  readonly texts: Readonly<Partial<Record<ImpairmentKey, string>>> | undefined
  /** `rate 10mbit delay 20ms` */
  readonly words: string
  /** Bits a second, where it has a rate. */
  readonly rate?: number
}

/** Disciplines are told anew when they change: the same object means the same. */
const known = new WeakMap<LiveQdisc, Impaired>()

/** What happens to packets that leave by this end; undefined where nothing does. */
export function impairedAt(network: LiveNetwork, { netns, ifname }: LinkEnd): Impaired | undefined {
  const qdisc = network.namespaces.get(netns)?.qdiscs.get(ifname)
  if (qdisc === undefined) return undefined
  const before = known.get(qdisc)
  if (before !== undefined) return before
  const impaired = impairedBy(qdisc, network.linkAt({ netns, ifname })?.mtu ?? 0)
  known.set(qdisc, impaired)
  return impaired
}

/** What disciplines do, at a link with that mtu. */
export function impairedBy({ qdiscs }: Pick<LiveQdisc, 'qdiscs'>, mtu: number): Impaired {
  const impairment = impairmentOf({ qdiscs }, mtu)
  if (impairment === undefined) return { texts: undefined, words: 'by another program' }
  const texts = impairmentTexts(impairment)
  const words = Object.entries(texts)
    .map(([key, text]) => `${key} ${text}`)
    .join(' ')
  return { texts, words, ...(impairment.rate !== undefined && { rate: impairment.rate * 8 }) }
}
