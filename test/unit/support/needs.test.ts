import { afterEach, expect, test, vi } from 'vitest'
import { missingRequirement, needs } from '../../support/needs.ts'

afterEach(() => vi.unstubAllEnvs())

/** Stands for a test's context: says what it was skipped for. */
function recorder() {
  const reasons: (string | undefined)[] = []
  const skip = (reason?: string | boolean): never => {
    reasons.push(String(reason))
    throw new Error('skipped')
  }
  return { reasons, context: { skip } as Parameters<typeof needs>[0] }
}

test('a program that is here is no reason to skip', () => {
  expect(missingRequirement('command:sh')).toBeUndefined()
})

test('a miss skips and says why', () => {
  vi.stubEnv('NETLAB_REQUIRE', '')
  const { reasons, context } = recorder()
  expect(() => needs(context, 'command:sh', 'command:no-such-program')).toThrow('skipped')
  expect(reasons).toEqual(['there is no no-such-program on PATH'])
})

test('NETLAB_REQUIRE=all makes a miss a failure', () => {
  vi.stubEnv('NETLAB_REQUIRE', 'all')
  const { reasons, context } = recorder()
  expect(() => needs(context, 'command:no-such-program')).toThrow(
    'command:no-such-program is required (NETLAB_REQUIRE=all): there is no no-such-program on PATH',
  )
  expect(reasons).toEqual([])
})

test('an unknown requirement is a fault of the test', () => {
  expect(() => missingRequirement('speed:light' as 'root')).toThrow('needs() knows no requirement "speed:light"')
})
