// The tiers of the tests, one project each: `vitest run --config .config/vitest.config.ts --project unit`.
import { defineConfig } from 'vitest/config'

const root = new URL('..', import.meta.url).pathname
/** Where one run leaves the modules it has transformed for the next: the guest's software CPU would take a minute and a half. */
const MODULE_CACHE = process.env['NETLAB_MODULE_CACHE']

/** Files share the modules of their worker: none of ours has state that a test leaves changed, and to load them anew takes half of the time. */
const shared = { root, isolate: false }

/** Tiers that touch the kernel: one file at a time, because the host is shared; a leak check before and after. */
const onKernel = {
  fileParallelism: false,
  globalSetup: ['test/support/leak-check.ts'],
  // A software CPU takes ten times as long.
  testTimeout: process.env['NETLAB_GUEST'] === '1' ? 120_000 : 30_000,
  hookTimeout: process.env['NETLAB_GUEST'] === '1' ? 120_000 : 30_000,
}

export default defineConfig({
  root,
  test: {
    root,
    reporters: ['default', './test/support/reporter.ts'],
    // Several users run one checkout; a cache of timings would belong to whoever ran first.
    cache: false,
    experimental: { fsModuleCache: MODULE_CACHE !== undefined, ...(MODULE_CACHE !== undefined && { fsModuleCachePath: MODULE_CACHE }) },
    passWithNoTests: true,
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 5_000 } },
      { test: { ...shared, name: 'golden', include: ['test/golden/**/*.test.ts'], testTimeout: 5_000 } },
      { test: { ...shared, name: 'property', include: ['test/property/**/*.test.ts'], testTimeout: 30_000 } },
      { test: { ...shared, name: 'live', include: ['test/live/**/*.test.ts'], ...onKernel, maxConcurrency: 16 } },
      { test: { ...shared, name: 'e2e', include: ['test/e2e/**/*.test.ts'], ...onKernel, testTimeout: 180_000 } },
      { test: { ...shared, name: 'guest', include: ['test/guest/**/*.guest.test.ts'], ...onKernel } },
    ],
  },
})
