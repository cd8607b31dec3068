/** One action of a timeline. */
import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import { resetLink, setLink } from '../lab/link.ts'
import { controlServices } from '../lab/services.ts'
import { noteStarted, noteStopped, signalNodes } from '../lab/stopped.ts'
import type { Action } from '../topology/tests/test.ts'
import { cablesOf, cut, mend } from './cable.ts'
import type { StepResult } from './result.ts'
import type { Session } from './session.ts'

export async function act(session: Session, action: Action): Promise<StepResult> {
  const start = performance.now()
  const problem = await perform(session, action)
  const miss = { words: action.words, expected: 'that it can be done', seen: problem ?? '', because: [] }
  return {
    words: action.words,
    origin: action.origin,
    status: problem === undefined ? 'passed' : 'error',
    asked: 0,
    held: 0,
    misses: problem === undefined ? [] : [miss],
    moreMisses: 0,
    elapsedMs: performance.now() - start,
  }
}

/** What went wrong, in words. */
async function perform(session: Session, action: Action): Promise<string | undefined> {
  switch (action.kind) {
    case 'wait':
      return pause(action.ms)
    case 'exec':
      for (const argv of action.commands) {
        const { status, stdout, stderr } = await session.exec(action.node, argv)
        if (status !== 0) return `status ${status}: ${(stderr.trim() || stdout.trim()).split('\n').slice(-5).join('\n')}`
      }
      return undefined
    case 'down':
      return cut(session, action.ends)
    case 'up':
      return mend(session, action.ends)
    case 'flap':
      for (let time = 0; time < action.times; time++) {
        const problem = (await cut(session, [action.end])) ?? (await pause(action.everyMs)) ?? (await mend(session, [action.end]))
        if (problem !== undefined) return problem
        if (time < action.times - 1) await pause(action.everyMs)
      }
      return undefined
    case 'impair': {
      const { end, both, settings } = action
      return said(() => setLink(session.lab, end.word, settings, { both }))
    }
    case 'reset':
      for (const { word } of action.ends) {
        const problem = await said(() => resetLink(session.lab, word))
        if (problem !== undefined) return problem
      }
      return undefined
    case 'service': {
      const { service, request } = action
      return said(() => controlServices(session.lab, service.netns, service.service, request))
    }
    case 'stop':
      return powerOff(session, action.nodes)
    case 'start':
      return powerOn(session, action.nodes)
  }
}

/** What goes wrong, in words. */
async function said(work: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await work()
    return undefined
  } catch (error) {
    if (error instanceof DiagnosticError) return error.message
    throw error
  }
}

/** Stops nodes: their processes stand still, and their cables are cut. What the kernel refuses, in words. */
export async function powerOff(session: Session, nodes: readonly string[]): Promise<string | undefined> {
  noteStopped(session.lab, nodes)
  await signalNodes(session.lab, nodes, 'SIGSTOP')
  return cut(
    session,
    nodes.flatMap((node) => cablesOf(session, node)),
  )
}

/** Starts nodes that were stopped. What the kernel refuses, in words. */
export async function powerOn(session: Session, nodes: readonly string[]): Promise<string | undefined> {
  await signalNodes(session.lab, nodes, 'SIGCONT')
  const problem = await mend(
    session,
    nodes.flatMap((node) => cablesOf(session, node)),
  )
  if (problem === undefined) noteStarted(session.lab, nodes)
  return problem
}

async function pause(ms: number): Promise<undefined> {
  await new Promise((resolve) => setTimeout(resolve, ms))
}
