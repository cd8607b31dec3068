import { DiagnosticError } from '../diagnostic/diagnostic.ts'
import type { Operation } from '../plan/operation.ts'
import { linkEndText } from '../state/words.ts'
import type { LinkEnd } from '../state/network.ts'
import { planAgainst } from './change.ts'
import { execute } from './execute.ts'
import { withLabLock } from './lab-lock.ts'
import { openLab } from './running.ts'

/**
 * Sets a link of a running lab up or down. With a link that comes up, the addresses and routes of the lab's file come back that the
 * kernel took when it went down. Errors: refusal LAB_UNKNOWN, LAB_DEAD, LAB_BUSY, KERNEL_REFUSED.
 */
export async function setLink(lab: string, end: LinkEnd, up: boolean): Promise<void> {
  await withLabLock(lab, async () => {
    const { engine, directory, memory, record } = await openLab(lab)
    try {
      // The engine learns the numbers of links when it looks.
      await engine.observe(new Map())
      const run = async (operations: readonly Operation[]): Promise<void> => {
        const [env, capabilities] = [new Map(Object.entries(record.env)), new Map(Object.entries(record.capabilities))]
        const { failure } = await execute(engine, { lab, operations }, { directory, env, capabilities })
        if (failure !== undefined) throw new DiagnosticError('refusal', failure(`${linkEndText(end)} is as it was.`))
      }
      await run([{ type: 'set link', netns: end.netns, ifname: end.ifname, set: { up }, previous: { up: !up }, cause: 'asked for' }])
      if (!up) return
      const { plan } = await planAgainst(engine, directory, { name: lab, desired: memory.desired }, memory)
      await run(plan.operations.filter(({ type, netns }) => netns === end.netns && (type === 'add addr' || type === 'add route')))
    } finally {
      await engine.close()
    }
  })
}
