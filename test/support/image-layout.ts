/** OCI image layouts that tests make themselves. */
import { execFileSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { Header, type HeaderData } from 'tar'

/** An entry of a layer; `data` is a file's. */
export interface LayerEntry extends HeaderData {
  readonly data?: string | Buffer
}

export interface ImageParts {
  readonly layers: readonly (readonly LayerEntry[])[]
  readonly config?: object
  readonly architecture?: string
}

/** A layer that is enough to run busybox. */
export const BUSYBOX_LAYER: readonly LayerEntry[] = [
  { path: 'bin/busybox', mode: 0o755, data: readFileSync('/bin/busybox') },
  ...['sh', 'cat', 'ls', 'id', 'pwd', 'httpd', 'stat', 'sleep'].map((name): LayerEntry => ({
    path: `bin/${name}`,
    type: 'SymbolicLink',
    linkpath: 'busybox',
  })),
  { path: 'etc/passwd', data: 'root:x:0:0:root:/root:/bin/sh\nweb:x:33:33:web:/srv:/bin/sh\n' },
]

const ARCHITECTURE = process.arch === 'arm64' ? 'arm64' : 'amd64'

/** Makes the layout in `directory`; returns the paths of its layers. The first layer is gzipped, the third compressed by zstd. */
export function makeImage(directory: string, { layers, config = {}, architecture = ARCHITECTURE }: ImageParts): string[] {
  const blobs = join(directory, 'blobs/sha256')
  mkdirSync(blobs, { recursive: true })
  const paths: string[] = []
  const blob = (bytes: Buffer, mediaType: string): object => {
    const hex = hash('sha256', bytes)
    paths.push(join(blobs, hex))
    writeFileSync(join(blobs, hex), bytes)
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length }
  }
  const json = (value: object, mediaType: string): object => blob(Buffer.from(JSON.stringify(value)), mediaType)
  const tar = 'application/vnd.oci.image.layer.v1.tar'
  const described = layers.map((entries, index) => {
    const bytes = archive(entries)
    if (index === 0) return blob(gzipSync(bytes), `${tar}+gzip`)
    return index === 2 ? blob(execFileSync('zstd', ['--quiet'], { input: bytes }), `${tar}+zstd`) : blob(bytes, tar)
  })
  const manifest = {
    schemaVersion: 2,
    config: json({ os: 'linux', architecture, config }, 'application/vnd.oci.image.config.v1+json'),
    layers: described,
  }
  const index = { schemaVersion: 2, manifests: [json(manifest, 'application/vnd.oci.image.manifest.v1+json')] }
  writeFileSync(join(directory, 'index.json'), JSON.stringify(index))
  return paths.slice(0, layers.length)
}

function archive(entries: readonly LayerEntry[]): Buffer {
  const blocks = entries.flatMap(({ data = '', ...entry }) => {
    const bytes = Buffer.from(data)
    const header = new Header({ type: 'File', mode: 0o644, uid: 0, gid: 0, mtime: new Date(1e12), ...entry, size: bytes.length })
    header.encode()
    return [header.block!, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}
