/** A node of a running lab, stopped and started again: for people who try what a network does without it. */
import { withLabLock } from '../lab/lab-lock.ts'
import { powerOff, powerOn } from './act.ts'
import { openSession } from './session.ts'

/**
 * Stops a node: its cables are cut and its processes stand still; or starts it again, as the file has it.
 * Errors: refusal LAB_UNKNOWN, LAB_DEAD, LAB_BUSY; an error with the kernel's words where it refuses.
 */
export function setPower(lab: string, node: string, isOn: boolean): Promise<void> {
  return withLabLock(lab, async () => {
    const session = await openSession(lab)
    try {
      const problem = await (isOn ? powerOn : powerOff)(session, [node])
      if (problem !== undefined) throw new Error(problem)
    } finally {
      await session.close()
    }
  })
}
