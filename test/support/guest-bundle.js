// The tests of the guest with all that they import, in a few files: its software CPU takes two minutes to load some five hundred one by one.
import { mkdtempSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { rolldown } from 'rolldown'

const checkout = fileURLToPath(new URL('../..', import.meta.url))

/** What another kernel can do otherwise; the rest of the live tier would take the emulated machine half an hour. */
const LIVE_IN_GUEST = ['route', 'kernel-answers', 'interface', 'limits'].map((name) => `test/live/${name}.live.test.ts`)
/** From the checkout. */
export const GUEST_TESTS = [
  ...readdirSync(join(checkout, 'test/guest')).flatMap((name) => (name.endsWith('.test.ts') ? [`test/guest/${name}`] : [])),
  ...LIVE_IN_GUEST,
]

/** vitest's own must be the one that runs the tests; koffi loads native code from its own folder. */
const NOT_BUNDLED = ['vitest', 'koffi']

/** Files look for others beside themselves: each keeps its own place. */
const ownPlace = {
  name: 'own-place',
  /** @param {string} code @param {string} id */
  transform: (code, id) =>
    id.startsWith(checkout) && !id.includes('node_modules') && code.includes('import.meta.url')
      ? { code: code.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(id).href)), map: null }
      : null,
}

/** A folder inside the checkout, so that what is not bundled is found: a file for each test, and chunk/ for what they share. The caller removes it. */
export async function bundleGuestTests() {
  const folder = mkdtempSync(join(checkout, 'dist', 'guest-'))
  const bundled = await rolldown({
    input: Object.fromEntries(GUEST_TESTS.map((file) => [basename(file, '.ts'), join(checkout, file)])),
    external: NOT_BUNDLED,
    platform: 'node',
    plugins: [ownPlace],
    transform: { target: 'node20' },
    checks: { ineffectiveDynamicImport: false },
  })
  await bundled.write({ dir: folder, format: 'esm', chunkFileNames: 'chunk/[name]-[hash].js', sourcemap: true })
  return folder
}
