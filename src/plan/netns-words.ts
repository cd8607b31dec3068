/** Namespaces in words. */
import { FABRIC } from '../state/network.ts'
import { rootWords } from './mount-words.ts'
import type { AddNetns } from './operation.ts'

/** Name of a namespace under `ip netns`: `dmz.h1`, and `dmz` alone for the fabric. */
export function netnsName(lab: string, netns: string): string {
  return netns === FABRIC ? lab : `${lab}.${netns}`
}

/** `add netns`, with what it is for. */
export function addNetnsWords({ kind, root }: AddNetns): string {
  if (kind === 'host') return 'reach into the host'
  if (kind === 'node') return `add netns${rootWords(root)}`
  return `add netns for ${kind === 'fabric' ? 'bridges' : 'a bridge'}`
}
