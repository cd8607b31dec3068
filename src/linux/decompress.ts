/** Layers of images, decompressed as they are read. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import type { Readable, Transform } from 'node:stream'
import { text } from 'node:stream/consumers'
import * as zlib from 'node:zlib'
import type { LayerState } from '../state/mount.ts'

export type Decompress = (packed: Readable) => AsyncIterable<unknown>

/** Node has it from 22.15 on. */
const createZstdDecompress = (zlib as { createZstdDecompress?: () => Transform }).createZstdDecompress

/** What decompresses one layer. Called while programs of the machine can still be started. */
export function decompressor(compression: LayerState['compression']): Decompress {
  if (compression === 'none') return (packed) => packed
  if (compression === 'gzip') return (packed) => through(packed, zlib.createGunzip())
  if (createZstdDecompress !== undefined) return (packed) => through(packed, createZstdDecompress())
  const program = spawn('zstd', ['--decompress', '--stdout', '--quiet'])
  const ended = Promise.all([once(program, 'close'), text(program.stderr)])
  ended.catch(() => undefined) // heard of by whoever reads
  return (packed) => throughProgram(packed, program, ended)
}

function through(packed: Readable, stream: Transform): Transform {
  packed.on('error', (error) => stream.destroy(error))
  return packed.pipe(stream)
}

/** zstd(1). */
async function* throughProgram(
  packed: Readable,
  { stdin, stdout }: ChildProcessWithoutNullStreams,
  ended: Promise<[unknown[], string]>,
): AsyncIterable<unknown> {
  packed.on('error', (error) => stdout.destroy(error))
  stdin.on('error', () => undefined) // EPIPE: it has given up, and says why
  packed.pipe(stdin)
  yield* stdout
  const [[status], words] = await ended
  if (status !== 0) throw new Error(words.trim() || `zstd has ended with ${String(status)}`)
}
