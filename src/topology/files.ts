/** `files` of a node: texts of the YAML file, and copies of files beside it. */
import { isUtf8 } from 'node:buffer'
import { hash } from 'node:crypto'
import type { Origin } from '../diagnostic/origin.ts'
import type { FileState } from '../state/network.ts'
import type { Findings } from './findings.ts'
import { OBJECT_FILE, pathBeside } from './load.ts'
import { readBytes } from './read-source.ts'
import { asMap, mapAt, scalarAt } from './value.ts'
import type { Entry, MapValue, ScalarValue } from './value.ts'

/** Of one file that `from` copies. Contents go through memory and into a tmpfs. */
const MAX_FILE_BYTES = 16 * 1024 * 1024
const DEFAULT_MODE = 0o644

/** A file of a node, with its digest. */
export function fileState(content: string | Uint8Array, mode = DEFAULT_MODE, origin?: Origin): FileState {
  const sha256 = hash('sha256', content)
  return { mode, content, sha256, ...(origin === undefined ? {} : { origin }) }
}

export function readFiles(settings: MapValue, findings: Findings): Map<string, FileState> {
  const files = new Map<string, FileState>()
  for (const [path, entry] of mapAt(settings, 'files')?.entries ?? []) {
    const problem = pathProblem(path)
    if (problem !== undefined) {
      findings.error('INVALID_VALUE', entry.key, `"${path}" ${problem}.`)
      continue
    }
    const file = readFile(path, entry, findings)
    if (file !== undefined) files.set(path, file)
  }
  for (const [path, file] of files) {
    const parent = parents(path).find((folder) => files.has(folder))
    if (parent !== undefined) findings.error('INVALID_VALUE', file.origin, `${path} cannot lie in ${parent}, which is a file.`)
  }
  return files
}

function parents(path: string): string[] {
  const steps = path.split('/').slice(1, -1)
  return steps.map((_, index) => `/${steps.slice(0, index + 1).join('/')}`)
}

function pathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'is not an absolute path: it must begin with "/"'
  if (path.endsWith('/')) return 'is a folder: the path of a file does not end with "/"'
  if (path.includes('\0')) return 'has a zero byte in it'
  if (
    path
      .split('/')
      .slice(1)
      .some((step) => step === '' || step === '.' || step === '..')
  )
    return 'has an empty step, "." or ".." in it'
  if (/^\/(?:proc|sys|dev)\//.test(path)) return "is the kernel's: use `sysctls` for /proc/sys"
  if (Buffer.byteLength(path) > 4095) return 'is longer than the 4095 bytes that the kernel takes (PATH_MAX)'
  return undefined
}

function readFile(path: string, entry: Entry, findings: Findings): FileState | undefined {
  const { value, key } = entry
  if (value.kind === 'scalar') return fileState(value.text, DEFAULT_MODE, key)
  const settings = asMap(value)
  const content = scalarAt(settings, 'content')
  const from = scalarAt(settings, 'from')
  const mode = readMode(scalarAt(settings, 'mode'), findings)
  if ((content === undefined) === (from === undefined)) {
    findings.error('INVALID_VALUE', key, `The file ${path} takes either \`content\` or \`from\`.`)
    return undefined
  }
  if (content !== undefined) return fileState(content.text, mode, key)
  const bytes = from && readBytes(pathBeside(from.origin.file, from.text), MAX_FILE_BYTES + 1, from.origin, findings)
  if (bytes === undefined) return undefined
  if (bytes.length > MAX_FILE_BYTES) {
    findings.error(
      'FILE_TOO_LARGE',
      from?.origin,
      `${from?.text ?? path} is larger than ${MAX_FILE_BYTES / 1024 / 1024} MiB, the most that is copied.`,
    )
    return undefined
  }
  return fileState(isUtf8(bytes) ? bytes.toString('utf8') : new Uint8Array(bytes), mode, key)
}

/** Octal as chmod(1) takes it. YAML 1.2 reads 0644 as the number 644, so the text counts, not the number. */
function readMode(scalar: ScalarValue | undefined, findings: Findings): number {
  if (scalar === undefined) return DEFAULT_MODE
  const match = /^0?o?([0-7]{3,4})$/.exec(scalar.text)
  const isObject = scalar.origin.file === OBJECT_FILE && typeof scalar.value === 'number'
  // In JavaScript 0o644 has become 420 before it gets here.
  const mode = isObject
    ? Number(scalar.value)
    : typeof scalar.value === 'number' && !scalar.text.startsWith('0')
      ? NaN
      : parseInt(match?.[1] ?? '', 8)
  if (mode >= 0 && mode <= 0o7777) return mode
  findings.error(
    'INVALID_VALUE',
    scalar.origin,
    `The mode ${scalar.text} is not accepted: write it in octal with a leading 0, e.g. 0644 or "0755".`,
  )
  return DEFAULT_MODE
}
