/** Bytes of a file → text, or a finding that says why not. */
import { isUtf8 } from 'node:buffer'
import { closeSync, openSync, readSync } from 'node:fs'
import type { Origin } from '../diagnostic/origin.ts'
import type { Findings } from './findings.ts'

/**
 * All files of a topology together, in bytes. The YAML parser takes 2 s and 300 MB for one megabyte; 1,000 nodes written out are 0.3.
 * Large contents belong into files of their own (`files: { /path: { from: … } }`).
 */
export const MAX_SOURCE_BYTES = 2 * 1024 * 1024
/** Of a file that is too large: the finding stands at its first line. */
const SHOWN_BYTES = 4096

/**
 * The text of a file without its byte order mark; undefined after a finding. `at` is the place that names the file, if any.
 * Reads no more than `limitBytes`, whatever the file is: /dev/zero and a growing log end too.
 * `show` gets what a finding can show of a text that is not taken.
 */
export function readSource(
  file: string,
  limitBytes: number,
  at: Origin | undefined,
  findings: Findings,
  show: (text: string) => void = () => undefined,
): string | undefined {
  const bytes = readBytes(file, limitBytes + 1, at, findings)
  if (bytes === undefined) return undefined
  if (bytes.length > limitBytes) {
    findings.error(
      'FILE_TOO_LARGE',
      at ?? startOf(file),
      `${file} makes the topology larger than ${mebibytes(MAX_SOURCE_BYTES)}, the most that is read.`,
      {
        hint: 'Use ranges (h[1-100]) and profiles, and put large contents into files of their own with `from`.',
      },
    )
    show(bytes.toString('utf8', 0, SHOWN_BYTES))
    return undefined
  }
  if (!isUtf8(bytes)) {
    reportEncoding(bytes, file, findings)
    show(bytes.toString(isUtf16(bytes) ? 'utf16le' : 'utf8'))
    return undefined
  }
  const text = bytes.toString('utf8')
  return text.startsWith('\ufeff') ? text.slice(1) : text
}

/** At most `limitBytes` of a file; undefined after a FILE_UNREADABLE finding. */
export function readBytes(file: string, limitBytes: number, at: Origin | undefined, findings: Findings): Buffer | undefined {
  let descriptor: number | undefined
  try {
    descriptor = openSync(file, 'r')
    const chunks: Buffer[] = []
    let total = 0
    while (total < limitBytes) {
      const chunk = Buffer.allocUnsafe(Math.min(65_536, limitBytes - total))
      const length = readSync(descriptor, chunk)
      if (length === 0) break
      chunks.push(chunk.subarray(0, length))
      total += length
    }
    return Buffer.concat(chunks)
  } catch (error) {
    const hint = wayOut(error, file)
    const detail = `${file} cannot be read: ${reasonOf(error)}.`
    findings.error('FILE_UNREADABLE', at ?? startOf(file), detail, hint === undefined ? {} : { hint })
    return undefined
  } finally {
    if (descriptor !== undefined) closeSync(descriptor)
  }
}

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') return 'there is no such file (ENOENT)'
  if (code === 'EACCES') return 'permission denied (EACCES)'
  if (code === 'EISDIR') return 'it is a directory (EISDIR)'
  return error instanceof Error ? error.message : String(error)
}

function wayOut(error: unknown, file: string): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'EACCES')
    return `You may not read it, or not enter a folder above it: "namei -l ${file}" shows which. Copy it to a place of yours.`
  if (code === 'EISDIR') return 'Name a file in it.'
  return undefined
}

function reportEncoding(bytes: Buffer, file: string, findings: Findings): void {
  if (isUtf16(bytes)) {
    findings.error('FILE_NOT_UTF8', startOf(file), `${file} is UTF-16. Save it as UTF-8.`)
    return
  }
  let line = 1
  let start = 0
  for (let end = bytes.indexOf(10); end >= 0 && isUtf8(bytes.subarray(start, end)); end = bytes.indexOf(10, start)) {
    start = end + 1
    line++
  }
  let column = 1
  while (isUtf8(bytes.subarray(start, start + column))) column++
  const byte = bytes[start + column - 1] ?? 0
  column = bytes.toString('utf8', start, start + column - 1).length + 1
  const detail = `Line ${line} of ${file} has the byte 0x${byte.toString(16)} where UTF-8 allows none such.`
  findings.error('FILE_NOT_UTF8', { file, line, column, length: 1 }, detail, { hint: 'Save the file as UTF-8.' })
}

/** Told by the byte order mark. */
function isUtf16(bytes: Buffer): boolean {
  return (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff)
}

/** The first character of a file, for findings about the whole of it. */
export function startOf(file: string): Origin {
  return { file, line: 1, column: 1, length: 1 }
}

function mebibytes(bytes: number): string {
  return `${bytes / 1024 / 1024} MiB`
}
