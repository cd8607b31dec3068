import { basename } from 'node:path'
import { NAME_MAX_BYTES } from '../unit/hostname.ts'
import { createFindings } from './findings.ts'
import { MAX_SOURCE_BYTES, readSource } from './read-source.ts'

/**
 * The name that a file most likely gives its lab, found without parsing it: for work that may begin before the file is read.
 * Wrong where the name comes from an anchor, a merge or an include.
 */
export function likelyNameOf(file: string): string {
  const text = readSource(file, MAX_SOURCE_BYTES, undefined, createFindings())
  return /^name:[ \t]*(["']?)([\w-]+)\1[ \t]*(?:#.*)?$/m.exec(text ?? '')?.[2] ?? nameFromFile(file)
}

/** `topologies/My lab.yaml` is My-lab. */
export function nameFromFile(file: string): string {
  const stem = basename(file).replace(/\.[^.]*$/, '')
  const name = stem
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, NAME_MAX_BYTES)
  return name === '' ? 'lab' : name
}
