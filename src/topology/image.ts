/** `image` of a node: an OCI image layout, a directory with index.json and blobs. https://github.com/opencontainers/image-spec */
import { createHash, hash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import * as zlib from 'node:zlib'
import type { LayerState, RootState } from '../state/mount.ts'
import type { Findings } from './findings.ts'
import { pathBeside } from './load.ts'
import { foreignMachine, ownMachine } from './machine.ts'
import type { ScalarValue } from './value.ts'

/** Of a description; layers are not read into memory. */
const MAX_JSON_BYTES = 4 * 1024 * 1024

/** Characters of the name of an unpacked image: the digest of its layers' digests. */
export const CHAIN_LENGTH = 32

export interface Image {
  readonly root: RootState
  /** ENTRYPOINT and CMD. */
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly user?: string
  readonly stopSignal?: string
}

interface Descriptor {
  readonly mediaType?: string
  readonly digest: string
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: { readonly architecture?: string; readonly os?: string }
}

interface Config {
  readonly architecture?: string
  readonly os?: string
  readonly config?: {
    readonly Env?: readonly string[] | null
    readonly Entrypoint?: readonly string[] | null
    readonly Cmd?: readonly string[] | null
    readonly WorkingDir?: string | null
    readonly User?: string | null
    readonly StopSignal?: string | null
  }
}

/** What makes an image unusable, as the end of a sentence that begins with its name. */
class Unusable extends Error {}

/** Undefined after a finding. The layers are looked for, and checked when they are unpacked. */
export function readImage(word: ScalarValue, findings: Findings): Image | undefined {
  const { layout, reference } = whichImage(word)
  try {
    return loadImage(layout, reference, word)
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    findings.error('IMAGE_UNUSABLE', word.origin, `${word.text} ${error.message}.`)
    return undefined
  }
}

/** `DIR` or `DIR:NAME`, as skopeo(1) has it. */
function whichImage(word: ScalarValue): { layout: string; reference?: string } {
  const whole = resolve(pathBeside(word.origin.file, word.text))
  const [, layout = '', reference = ''] = /^(.*):([^:/]+)$/.exec(whole) ?? []
  return layout === '' || existsSync(whole) ? { layout: whole } : { layout, reference }
}

function loadImage(layout: string, reference: string | undefined, word: ScalarValue): Image {
  if (!existsSync(join(layout, 'index.json')))
    throw new Unusable('is no image layout: there is no index.json in it (to make one: skopeo copy docker://NAME oci:DIR)')
  const index = parseJson(join(layout, 'index.json'), readFileSync(join(layout, 'index.json'))) as { manifests?: Descriptor[] }
  const manifest = readJson(layout, findManifest(layout, named(index.manifests ?? [], reference), 0)) as {
    config?: Descriptor
    layers?: Descriptor[]
  }
  if (manifest.config === undefined || !Array.isArray(manifest.layers)) throw new Unusable('has a manifest without `config` or `layers`')
  const config = readJson(layout, manifest.config) as Config
  checkPlatform(config)
  const layers = manifest.layers.map((layer) => layerOf(layout, layer))
  const chain = hash('sha256', layers.map(({ digest }) => digest).join('\n')).slice(0, CHAIN_LENGTH)
  return { root: { kind: 'image', tree: join(imageDirectory(), chain), layers, origin: word.origin }, ...commandOf(config) }
}

function checkPlatform(config: Config): void {
  if ((config.os ?? 'linux') !== 'linux') throw new Unusable(`is for ${config.os}, and a node is Linux`)
  const foreign = config.architecture === undefined ? undefined : foreignMachine(config.architecture)
  if (foreign !== undefined) throw new Unusable(`is for another machine: its programs are for ${foreign.replace(/\.$/, '')}`)
}

/** Docker writes `null` for what an image does not say, and an empty text for no user and no directory. */
function commandOf({ config }: Config): Omit<Image, 'root'> {
  const { Env, Entrypoint, Cmd, WorkingDir, User, StopSignal } = config ?? {}
  return {
    argv: [...(Entrypoint ?? []), ...(Cmd ?? [])],
    env: Object.fromEntries((Env ?? []).map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)])),
    cwd: WorkingDir || '/',
    ...(User && { user: User }),
    ...(StopSignal && { stopSignal: StopSignal }),
  }
}

function named(manifests: readonly Descriptor[], reference: string | undefined): readonly Descriptor[] {
  const nameOf = ({ annotations }: Descriptor): string | undefined => annotations?.['org.opencontainers.image.ref.name']
  const names = [...new Set(manifests.map(nameOf).filter((name) => name !== undefined))]
  if (reference !== undefined) {
    const found = manifests.filter((each) => nameOf(each) === reference)
    if (found.length === 0)
      throw new Unusable(`is not there: the layout has ${names.length === 0 ? 'an image without a name' : names.join(', ')}`)
    return found
  }
  if (names.length > 1) throw new Unusable(`has several images: write ${names.map((name) => `DIR:${name}`).join(' or ')}`)
  return manifests
}

/** The manifest for this machine; an index may lead to another index. */
function findManifest(layout: string, manifests: readonly Descriptor[], depth: number): Descriptor {
  const [only] = manifests
  const fitting =
    manifests.length === 1
      ? only
      : manifests.find(({ platform }) => platform?.architecture === ownMachine() && (platform.os ?? 'linux') === 'linux')
  if (fitting === undefined) {
    const known = manifests.map(({ platform }) => platform?.architecture ?? 'unknown')
    throw new Unusable(
      known.length === 0 ? 'has no image in its index.json' : `is for ${known.join(', ')}, and this machine is ${ownMachine()}`,
    )
  }
  if (!/image\.index|manifest\.list/.test(fitting.mediaType ?? '')) return fitting
  if (depth > 4) throw new Unusable('has an index in an index in an index, and so on')
  return findManifest(layout, (readJson(layout, fitting) as { manifests?: Descriptor[] }).manifests ?? [], depth + 1)
}

function layerOf(layout: string, { digest, size, mediaType = '' }: Descriptor): LayerState {
  const path = blobPath(layout, digest)
  const stat = statSync(path, { throwIfNoEntry: false })
  if (stat === undefined) throw new Unusable(`lacks a layer: ${digest}`)
  if (stat.size !== size) throw new Unusable(`is damaged: the layer ${digest} has ${stat.size} bytes and should have ${size}`)
  const compression = /[+.]gzip$/.test(mediaType) ? 'gzip' : /[+.]zstd$/.test(mediaType) ? 'zstd' : 'none'
  if (compression === 'zstd' && !('createZstdDecompress' in zlib) && !isInstalled('zstd'))
    throw new Unusable(
      `has a layer that zstd has compressed, which needs the program zstd (apt-get install zstd) or Node 22.15: this is ${process.version}`,
    )
  return { path, digest, compression }
}

function isInstalled(program: string): boolean {
  return (process.env['PATH'] ?? '').split(':').some((directory) => existsSync(join(directory, program)))
}

function readJson(layout: string, { digest }: Descriptor): unknown {
  const path = blobPath(layout, digest)
  const size = statSync(path, { throwIfNoEntry: false })?.size
  if (size === undefined) throw new Unusable(`is damaged: ${digest} is not there`)
  if (size > MAX_JSON_BYTES) throw new Unusable(`is damaged: ${digest} is too large for a description`)
  const bytes = readFileSync(path)
  if (`sha256:${createHash('sha256').update(bytes).digest('hex')}` !== digest)
    throw new Unusable(`is damaged: what lies under the name ${digest} is something else`)
  return parseJson(digest, bytes)
}

function parseJson(name: string, bytes: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(bytes.toString())
    if (typeof value === 'object' && value !== null) return value
  } catch {
    // told below, as for a number
  }
  throw new Unusable(`is damaged: ${name} is not a description in JSON`)
}

function blobPath(layout: string, digest: unknown): string {
  const hex = typeof digest === 'string' ? /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1] : undefined
  if (hex === undefined) throw new Unusable(`has the digest ${String(digest)}, and only sha256 is known`)
  return join(layout, 'blobs/sha256', hex)
}

/** Where layers are unpacked: a directory for each image. */
export function imageDirectory(): string {
  const given = process.env['XDG_CACHE_HOME']
  return join(given?.startsWith('/') ? given : join(homedir(), '.cache'), 'netlab/images')
}
