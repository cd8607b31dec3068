// What is written down of interfaces of the machine that a lab has, before they are taken: how each was, and where it is.
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { AddrGenMode, RouteState } from '../state/network.ts'
import { writeWhole } from './write-whole.ts'

/** An interface of the machine, and how it was there. */
export interface TakenLink {
  readonly device: string
  /** Where it is in the lab. */
  readonly netns: string
  readonly ifname: string
  readonly ifindex: number
  readonly home: {
    readonly ifindex: number
    readonly up: boolean
    readonly mtu: number
    readonly lladdr?: string
    readonly alias?: string
    readonly addrGenMode?: AddrGenMode
    /** Bodies of RTM_NEWADDR as the kernel told them, in base64: an address has a label, a broadcast address, a lifetime. */
    readonly addrs: readonly string[]
    readonly routes: readonly RouteState[]
  }
}

/** One that is not back, or not as it was. */
export interface LostLink {
  readonly device: string
  readonly netns: string
  readonly reason: string
}

/** The file in the lab's directory. */
export function takenPath(directory: string): string {
  return join(directory, 'external.json')
}

/** Whether the lab in this directory has interfaces of the machine. */
export function hasExternals(directory: string): boolean {
  return existsSync(takenPath(directory))
}

/** Those that the lab in this directory has, or was about to take. */
export function readTaken(directory: string): TakenLink[] {
  if (!hasExternals(directory)) return []
  return JSON.parse(readFileSync(takenPath(directory), 'utf8')) as TakenLink[]
}

export function writeTaken(directory: string, taken: readonly TakenLink[]): void {
  writeWhole(takenPath(directory), JSON.stringify(taken, undefined, 2))
}
