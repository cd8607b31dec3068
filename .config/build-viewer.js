// src/export/viewer/ → src/export/generated/viewer.ts: the script of the page of `netlab graph --format html`, as text. Run by the build.
import { mkdir, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const folder = new URL('../src/export/', import.meta.url)
const generated = new URL('generated/', folder)

const bundled = await rolldown({ input: fileURLToPath(new URL('viewer/viewer.ts', folder)), transform: { target: 'es2020' } })
const { output } = await bundled.generate({ format: 'iife', minify: true })
const script = output[0].code.trim()
// It stands inside of a script element, which this would end.
if (/<\/script|<!--/i.test(script)) throw new Error('The script of the page holds what would end its element.')

await mkdir(generated, { recursive: true })
await writeFile(
  new URL('viewer.ts', generated),
  `/** Made from src/export/viewer/ by .config/build-viewer.js. */\nexport const VIEWER = ${JSON.stringify(script)}\n`,
)
