import { runFile } from '../../src/check/run-file.ts'
import type { FileResult } from '../../src/check/result.ts'
import { newLab } from './live-lab.ts'

/** Runs the tests of a YAML text. */
export async function check(yaml: string): Promise<FileResult> {
  const lab = newLab()
  try {
    return await runFile(lab.write('lab.yaml', yaml), {})
  } finally {
    await lab.remove()
  }
}
