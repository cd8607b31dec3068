// Compiles native/ as native/Makefile says. The Makefile is for people and for machines that have make; a machine with nothing
// but a compiler builds the same way, because flags and sources are read from it.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = fileURLToPath(new URL('../native', import.meta.url))

/** A program that is not installed. @param {string} program */
export function isMissing(program) {
  return spawnSync('sh', ['-c', 'command -v "$0"', program], { stdio: 'ignore' }).status !== 0
}

/**
 * Compiles nsexec with `compiler` into the file `output`. Throws with the compiler's own words.
 * @param {string} compiler @param {string} output @param {string[]} more further words for the compiler
 */
export function compileNsexec(compiler, output, more = []) {
  const makefile = readFileSync(join(folder, 'Makefile'), 'utf8')
  mkdirSync(dirname(output), { recursive: true })
  const args = ['OURS', 'CFLAGS', 'SOURCES'].flatMap((name) => words(makefile, name))
  const { status, stderr, error } = spawnSync(compiler, [...args, ...more, '-o', output], { cwd: folder, encoding: 'utf8' })
  if (status !== 0) throw new Error(error?.message ?? `${compiler} failed:\n${stderr}`)
}

/** The words of a variable. @param {string} makefile @param {string} name */
function words(makefile, name) {
  const value = new RegExp(`^${name} *[?:]?= *(.*)$`, 'm').exec(makefile)?.[1]
  if (value === undefined) throw new Error(`native/Makefile sets no ${name}`)
  return value.split(/\s+/).filter(Boolean)
}
