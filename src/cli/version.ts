import { readFileSync } from 'node:fs'

/** As package.json says. It lies two folders up from here, in src/cli as in the built dist/cli and dist/chunk. */
export const VERSION = readVersion()

function readVersion(): string {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string }
  return manifest.version
}
