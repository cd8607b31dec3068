// The tiers of the tests, one project each: `vitest run --config .config/vitest.config.ts --project unit`.
import { defineConfig } from 'vitest/config'
import { GUEST_TESTS } from '../test/support/guest-bundle.js'

const root = new URL('..', import.meta.url).pathname
/** Where the tests of the guest are in few files (test/support/guest-bundle.js). */
const GUEST_BUNDLE = process.env['NETLAB_GUEST_BUNDLE']

/** Files share the modules of their worker: none of ours has state that a test leaves changed, and to load them anew takes half of the time. */
const shared = { root, isolate: false }

const isGuest = process.env['NETLAB_GUEST'] === '1'

/** Tiers that touch the kernel: a leak check before and after. */
const onKernel = {
  globalSetup: ['test/support/leak-check.ts'],
  // A software CPU takes ten times as long.
  testTimeout: isGuest ? 120_000 : 30_000,
  hookTimeout: isGuest ? 120_000 : 30_000,
}

/** What measures times, loads both processors by itself, or compares the whole host before and after. */
const ALONE = [
  'check',
  'external',
  'fault',
  'host',
  'host-link',
  'internet',
  'limits',
  'routing-daemon',
  'scale',
  'topologies',
  'watch',
].map((name) => `test/live/${name}.live.test.ts`)
/** Packs, downloads and installs: it needs time and no quiet. */
const PACKAGE = 'test/e2e/package.e2e.test.ts'
/** One file at a time, after those that may run side by side. */
const alone = { fileParallelism: false, sequence: { groupOrder: 1 } }

/** What the tests share is loaded as it is. */
const inGuest = {
  include: GUEST_BUNDLE === undefined ? GUEST_TESTS : [`${GUEST_BUNDLE}/*.test.js`],
  server: { deps: { external: [/\/chunk\//] } },
}

export default defineConfig({
  root,
  test: {
    root,
    reporters: ['default', './test/support/reporter.ts'],
    // Several users run one checkout; a cache of timings would belong to whoever ran first.
    cache: false,
    passWithNoTests: true,
    projects: [
      { test: { ...shared, name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 5_000 } },
      { test: { ...shared, name: 'golden', include: ['test/golden/**/*.test.ts'], testTimeout: 5_000 } },
      { test: { ...shared, name: 'property', include: ['test/property/**/*.test.ts'], testTimeout: 30_000 } },
      // A half-made lab waits for nothing that another does: names, folders and control groups are its own.
      { test: { ...shared, name: 'live', include: ['test/live/**/*.test.ts'], exclude: ALONE, ...onKernel, maxWorkers: 2 } },
      { test: { ...shared, name: 'live-alone', include: ALONE, ...onKernel, ...alone, maxConcurrency: 16 } },
      { test: { ...shared, name: 'package', include: [PACKAGE], ...onKernel, testTimeout: 300_000 } },
      {
        test: {
          ...shared,
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          exclude: [PACKAGE],
          ...onKernel,
          ...alone,
          testTimeout: 180_000,
        },
      },
      { test: { ...shared, name: 'guest', ...inGuest, ...onKernel, ...alone } },
    ],
  },
})
