// Images of nodes: unpacked once for all labs, before anything of a lab is made.
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { EngineError, startEngine } from '../linux/engine.ts'
import type { RootState } from '../state/mount.ts'
import type { NetworkState } from '../state/network.ts'

/** Sees to it that every image that the nodes have is unpacked. Errors: finding IMAGE_UNUSABLE. */
export async function unpackImages(desired: NetworkState): Promise<void> {
  const images = new Map<string, RootState>()
  for (const { root } of desired.namespaces.values()) if (root?.kind === 'image') images.set(root.tree, root)
  for (const image of images.values()) await unpack(image)
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
