/** Clients that die in the middle of `up`, and what they must not leave. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { LiveLab } from './live-lab.ts'
import { processesMarked } from './processes.ts'

const CRASH_UP = fileURLToPath(new URL('crash-up.js', import.meta.url))
const MARK = 'NETLAB_TEST_CRASH'

/** Runs the client that kills itself; its end, and its output where it got through. */
export async function crashUp(
  lab: LiveLab,
  yaml: string,
  at: number | string,
  slice = 1,
): Promise<{ signal: string | null; stdout: string }> {
  const file = lab.write('lab.yaml', yaml)
  const child = spawn(process.execPath, [CRASH_UP, file, lab.name, String(at), String(slice)], {
    env: { ...process.env, [MARK]: lab.name },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [stdout, [, signal]] = await Promise.all([text(child.stdout), once(child, 'exit') as Promise<[number | null, string | null]>])
  return { signal, stdout }
}

/** Nothing of a lab that did not come up, or went: processes, notes, names, mounts. What was killed may take its time to go. */
export async function expectNothingLeft(lab: LiveLab): Promise<void> {
  await expect.poll(() => processesMarked(MARK, lab.name), { timeout: 10_000, interval: 10 }).toEqual([])
  await expect.poll(() => existsSync(lab.directory), { timeout: 10_000 }).toBe(false)
  await expect.poll(() => namesIn(dirname(lab.directory)), { timeout: 10_000 }).not.toEqual([]) // it goes with its last lab, whoever that is
  expect((namesIn('/run/netns') ?? []).filter((name) => name.startsWith(lab.name))).toEqual([])
  expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(lab.name)
}

/** Undefined where the directory is not there: another lab may take it away at any moment. */
function namesIn(directory: string): string[] | undefined {
  try {
    return readdirSync(directory)
  } catch {
    return undefined
  }
}
