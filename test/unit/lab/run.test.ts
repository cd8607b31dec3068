import { describe, expect, it } from 'vitest'
import { run } from '../../../src/lab/run.ts'
import { isRunning, processesMarked } from '../../support/processes.ts'

const MARK = 'NETLAB_TEST_RUN_CHILD'

describe('a program that is called off', () => {
  it('has ended when that is told, whatever it ignores and leaves behind', async () => {
    const mark = String(process.pid)
    const controller = new AbortController()
    const env = { ...process.env, [MARK]: mark }
    const finished = run({ file: 'sh', args: ['-c', "trap '' TERM; sleep 5 & exec sleep 600"] }, { env, signal: controller.signal })
    finished.catch(() => undefined)
    await expect.poll(() => processesMarked(MARK, mark)).toHaveLength(2)
    const [main, left] = processesMarked(MARK, mark)
    controller.abort(new Error('called off'))
    await expect(finished).rejects.toThrow('called off')
    expect(isRunning(main!)).toBe(false)
    process.kill(left!, 'SIGKILL')
  })

  it('is not begun where that was told before', async () => {
    const signal = AbortSignal.abort(new Error('called off'))
    await expect(run({ file: '/nowhere', args: [] }, { signal })).rejects.toThrow('called off')
  })
})
