// The program through which `internet` leads out: found before anything is made.
import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Diagnostic } from '../diagnostic/diagnostic.ts'
import type { Origin } from '../diagnostic/origin.ts'
import { toolEnvironment } from './ruleset.ts'

const PROGRAMS = ['pasta', 'slirp4netns']

/** A finding TOOL_MISSING where the file asks for a way out and there is no such program. */
export function findMissingUplink(origin: Origin | undefined): Diagnostic[] {
  if (origin === undefined || PROGRAMS.some(isThere)) return []
  return [
    {
      code: 'TOOL_MISSING',
      severity: 'error',
      detail: 'The file has `internet`, and there is neither pasta nor slirp4netns on this machine.',
      origin,
      command: { sentence: 'On Debian and Ubuntu they come with (one is enough):', line: 'apt-get install passt slirp4netns' },
    },
  ]
}

function isThere(program: string): boolean {
  return (toolEnvironment().PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK)
      return true
    } catch {
      return false
    }
  })
}
