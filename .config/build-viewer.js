// src/export/viewer/ → src/export/generated/viewer.ts: the script of the page of `netlab graph --format html`, as text. Run by the build.
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const folder = new URL('../src/export/', import.meta.url)
const generated = new URL('generated/', folder)

const { outputFiles } = await build({
  entryPoints: [fileURLToPath(new URL('viewer/viewer.ts', folder))],
  bundle: true,
  write: false,
  format: 'iife',
  target: 'es2020',
  charset: 'ascii',
  minify: true,
})
const script = outputFiles[0]?.text.trim() ?? ''
// It stands inside of a script element, which this would end.
if (/<\/script|<!--/i.test(script)) throw new Error('The script of the page holds what would end its element.')

await mkdir(generated, { recursive: true })
await writeFile(
  new URL('viewer.ts', generated),
  `/** Made from src/export/viewer/ by .config/build-viewer.js. */\nexport const VIEWER = ${JSON.stringify(script)}\n`,
)
