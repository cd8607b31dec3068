// Where netlab's own programs lie: in a checkout, in a built tree, or in the published package.
import { existsSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

function findUpwards(candidates: readonly string[]): string | undefined {
  for (let directory = dirname(fileURLToPath(import.meta.url)); ; directory = dirname(directory)) {
    const found = candidates.map((candidate) => join(directory, candidate)).find((path) => existsSync(path))
    if (found !== undefined || directory === dirname(directory)) return found
  }
}

let nsexec: string | undefined
let engine: string | undefined
let nodeThread: string | undefined

/** Path of nsexec: built from source in a checkout, prebuilt for this architecture in the published package. */
export function nsexecPath(): string {
  nsexec ??= findUpwards(['native/build/nsexec', `native/prebuilt/nsexec-${process.arch}`])
  if (nsexec === undefined) throw new Error(`There is no nsexec for ${process.arch}: run "npm run build:native" (needs gcc and make)`)
  return nsexec
}

/** Whether a program's path is that of nsexec, of this installation or another. */
export function isNsexec(path: string): boolean {
  return /^nsexec(-\w+)?$/.test(basename(path))
}

/** Path of the engine's program, built by "npm run build". */
export function engineScript(): string {
  engine ??= findUpwards(['dist/linux/engine-main.js'])
  if (engine === undefined) throw notBuilt()
  return engine
}

/** Path of the program of the engine's thread that makes nodes. */
export function nodeThreadScript(): string {
  nodeThread ??= findUpwards(['dist/linux/node-thread.js'])
  if (nodeThread === undefined) throw notBuilt()
  return nodeThread
}

function notBuilt(): Error {
  return new Error('The engine is not built: run "npm run build"')
}
