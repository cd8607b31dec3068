import { writeFileSync } from 'node:fs'
import { usageError } from './usage.ts'

/** Writes what a command has made into the file that the user named. `noun` is what it is, as in "The report". Errors: WRONG_USAGE. */
export function writeOutputFile(path: string, text: string, noun: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    throw usageError(`${noun} cannot be written: ${error instanceof Error ? error.message : String(error)}.`)
  }
}
