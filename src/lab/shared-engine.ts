/** Labs that are open for questions of a program: one engine serves all that are asked at a time, and a little longer. */
import { openLab, runningRecord, type OpenLab } from './running.ts'
import { readMemory } from './state.ts'

interface Shared {
  /** The record, as text: a lab that has been changed, or made anew, is opened anew. */
  readonly version: string
  readonly opening: Promise<OpenLab>
  users: number
  timer?: NodeJS.Timeout
}

/** An engine takes 0.1 s to start, and one that is open keeps the program running: both count. */
const IDLE_MS = 500

const shared = new Map<string, Shared>()

/** Opens a running lab for `work`, side by side with others. Errors: refusal LAB_UNKNOWN, LAB_DEAD. */
export async function withLab<T>(name: string, work: (lab: OpenLab) => Promise<T>): Promise<T> {
  const own = open(name)
  own.users++
  clearTimeout(own.timer)
  try {
    return await work({ ...(await own.opening), memory: readMemory(name) })
  } finally {
    own.users--
    if (own.users === 0) own.timer = setTimeout(() => void close(name, own), shared.get(name) === own ? IDLE_MS : 0)
  }
}

function open(name: string): Shared {
  const version = JSON.stringify(runningRecord(name))
  const before = shared.get(name)
  if (before?.version === version) return before
  if (before?.users === 0) void close(name, before)
  const opening = openLab(name).then(async (lab) => {
    await lab.engine.observe(new Map()) // it knows links by their names only when it has seen them
    return lab
  })
  const own: Shared = { version, opening, users: 0 }
  shared.set(name, own)
  return own
}

async function close(name: string, own: Shared): Promise<void> {
  clearTimeout(own.timer)
  if (shared.get(name) === own) shared.delete(name)
  const lab = await own.opening.catch(() => undefined) // who asked has been told
  await lab?.engine.close()
}

/** Lets go of a lab that is to end: what has it open keeps its namespaces. */
export async function releaseLab(name: string): Promise<void> {
  const own = shared.get(name)
  if (own !== undefined) await close(name, own)
}
