// npm run build: the schema's validator, the script of the page of a lab, then dist/ as ES modules with shared chunks, then the type declarations.
// Pure JavaScript packages are bundled in: resolving them one by one on disk is most of what a short command would wait for.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, rm } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const ENTRIES = ['src/cli/main.ts', 'src/index.ts', 'src/vitest.ts', 'src/linux/engine-main.ts']
/** The user's own. */
const PEERS = ['vitest']
/** They load native code from their own folder. */
const NATIVE = ['koffi', 'netlink']
/** ink loads it where the environment has DEV=true, and never here. */
const NEVER_LOADED = ['react-devtools-core']

/** Runs a Node program; rejects when it fails. @param {string[]} args */
async function node(...args) {
  const child = spawn(process.execPath, args, { stdio: 'inherit' })
  const [code] = await once(child, 'exit')
  if (code !== 0) throw new Error(`node ${args.join(' ')} ended with status ${String(code)}`)
}

/** Whether the file has to be made again. @param {string} made @param {string[]} sources */
function isOlder(made, sources) {
  const madeMs = statSync(made, { throwIfNoEntry: false })?.mtimeMs ?? 0
  return sources.some((source) => statSync(source).mtimeMs > madeMs)
}

async function bundle() {
  await build({
    entryPoints: ENTRIES,
    outdir: 'dist',
    outbase: 'src',
    bundle: true,
    splitting: true,
    chunkNames: 'chunk/[name]-[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: [...NATIVE, ...PEERS, ...NEVER_LOADED],
    // What a bundled CommonJS package calls for Node's own modules.
    banner: { js: "import { createRequire as nodeRequire } from 'node:module'\nconst require = nodeRequire(import.meta.url)" },
    define: { 'process.env.NODE_ENV': '"production"' },
    legalComments: 'linked',
    sourcemap: 'linked',
    sourcesContent: false,
    logLevel: 'warning',
  })
  await chmod('dist/cli/main.js', 0o755)
  // For editors: `netlab schema` prints it, and the package exports it.
  await copyFile('src/topology/schema.json', 'dist/schema.json')
}

try {
  await rm('dist', { recursive: true, force: true })
  if (isOlder('src/topology/generated/file.ts', ['src/topology/schema.json', '.config/build-schema.js']))
    await node('.config/build-schema.js')
  await node('.config/build-viewer.js')
  await Promise.all([bundle(), node('node_modules/typescript/bin/tsc', '--project', '.config/tsconfig.build.json')])
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
