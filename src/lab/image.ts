// Images of nodes: unpacked once for all labs, before anything of a lab is made.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { EngineError, startEngine } from '../linux/engine.ts'
import { processStart } from '../linux/process.ts'
import type { RootState } from '../state/mount.ts'
import type { NetworkState } from '../state/network.ts'
import { CHAIN_LENGTH, imageDirectory } from '../topology/image.ts'
import { listLabs, type LabSummary } from './list.ts'
import { madeSoFar, readMemory } from './state.ts'

let useCount = 0

/** Sees to it that every image that the nodes have is unpacked, and stays so until the work is done. Errors: finding IMAGE_UNUSABLE. */
export async function withImages<Result>(desired: NetworkState, work: () => Promise<Result>): Promise<Result> {
  const images = new Map<string, RootState>()
  for (const { root } of desired.namespaces.values()) if (root?.kind === 'image') images.set(root.tree, root)
  // Until the lab is noted down, these notes keep its images.
  const uses = [...images.keys()].map((tree) => `${tree}.use-${process.pid}-${++useCount}`)
  if (uses.length > 0) mkdirSync(imageDirectory(), { recursive: true, mode: 0o700 })
  try {
    for (const use of uses) writeFileSync(use, '')
    for (const image of images.values()) await unpack(image)
    return await work()
  } finally {
    for (const use of uses) rmSync(use, { force: true })
  }
}

/**
 * Removes the unpacked images that no running lab has: their paths. It takes an engine, for an ordinary user's may belong to his subordinate
 * ids. Errors: refusal LAB_DAMAGED: what such a lab has is not known.
 */
export async function pruneImages(): Promise<string[]> {
  const directory = imageDirectory()
  const names = existsSync(directory) ? readdirSync(directory) : []
  const used = new Set([...listLabs().flatMap(imagesOf), ...names.flatMap((name) => imageInUse(directory, name))])
  // Two trees may be of one image, for different id maps; beside each may lie its lock, and what was left half-made.
  const trees = new Set(names.filter((name) => !name.includes('.use-')).map((name) => name.replace(/\.(lock|part)$/, '')))
  const unused = [...trees].filter((name) => !used.has(name.slice(0, CHAIN_LENGTH)))
  if (unused.length === 0) return []
  const engine = startEngine()
  try {
    return await engine.removeImages(unused.map((name) => join(directory, name)))
  } finally {
    await engine.close()
  }
}

function imagesOf({ name, state }: LabSummary): string[] {
  if (state === 'dead' || state === 'busy') return []
  return [...madeSoFar(readMemory(name)).namespaces.values()].flatMap(({ root }) => (root?.kind === 'image' ? [basename(root.tree)] : []))
}

/** By the note of an `up`. One whose process was killed is taken away. */
function imageInUse(directory: string, name: string): string[] {
  const [, image, pid] = /^(.*)\.use-(\d+)-\d+$/.exec(name) ?? []
  if (image === undefined) return []
  if (processStart(Number(pid)) !== undefined) return [image]
  rmSync(join(directory, name), { force: true })
  return []
}

async function unpack({ tree, layers = [], origin }: RootState): Promise<void> {
  const engine = startEngine()
  try {
    await engine.unpack(tree, layers)
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== 'IMAGE_BROKEN') throw error
    throw new DiagnosticError('finding', [
      { code: 'IMAGE_UNUSABLE', severity: 'error', detail: `${error.message}.`, ...(origin !== undefined && { origin }) },
    ])
  } finally {
    await engine.close()
  }
}
