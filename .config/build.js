// npm run build: the schema's validator, the script of the page of a lab, then dist/ as ES modules with shared chunks, then the type declarations.
// Pure JavaScript packages are bundled in: resolving them one by one on disk is most of what a short command would wait for.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, copyFile, rm } from 'node:fs/promises'
import { statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { rolldown } from 'rolldown'

const root = fileURLToPath(new URL('..', import.meta.url))
process.chdir(root)

const ENTRIES = ['cli/main', 'index', 'vitest']
/** A process and a thread of their own: what they share with the commands would come with what these have besides. */
const APART = ['linux/engine-main', 'linux/node-thread']
/** The user's own. */
const PEERS = ['vitest']
/** It loads native code from its own folder. */
const NATIVE = ['koffi']
/** ink loads it where the environment has DEV=true, and never here. */
const NEVER_LOADED = ['react-devtools-core']

/**
 * What the commands load that are to be quick goes into few files, each with all that it imports: to open and to compile one more costs a third
 * of a millisecond, and there would be seventy. The first group that wants a module has it.
 */
const GROUPS = [
  { name: 'commander', test: /\/node_modules\/commander\//, priority: 3 },
  { name: 'command', test: /\/src\/(cli\/(run|process-context|use-cases|ls)|lab\/list)\.ts$/, priority: 2 },
  { name: 'link', test: /\/src\/(cli|lab)\/link\.ts$/, priority: 1 },
]

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

/** @param {string[]} entries @param {typeof GROUPS} groups */
async function bundle(entries, groups) {
  const bundled = await rolldown({
    input: Object.fromEntries(entries.map((name) => [name, `src/${name}.ts`])),
    external: [...NATIVE, ...PEERS, ...NEVER_LOADED],
    platform: 'node',
    transform: { target: 'node20', define: { 'process.env.NODE_ENV': '"production"' } },
    // Many a file is imported lazily by one command and at once by another.
    checks: { ineffectiveDynamicImport: false },
  })
  await bundled.write({
    dir: 'dist',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: 'chunk/[name]-[hash].js',
    codeSplitting: { groups },
    sourcemap: true,
    sourcemapExcludeSources: true,
  })
}

try {
  await rm('dist', { recursive: true, force: true })
  if (isOlder('src/topology/generated/file.ts', ['src/topology/schema.json', '.config/build-schema.js']))
    await node('.config/build-schema.js')
  await node('.config/build-viewer.js')
  await Promise.all([
    bundle(ENTRIES, GROUPS),
    ...APART.map((entry) => bundle([entry], [])),
    node('node_modules/typescript/bin/tsc', '--project', '.config/tsconfig.build.json'),
  ])
  await chmod('dist/cli/main.js', 0o755)
  // For editors: `netlab schema` prints it, and the package exports it.
  await copyFile('src/topology/schema.json', 'dist/schema.json')
} catch (error) {
  console.error(`build: ${error instanceof Error ? error.message : String(error)}`)
  process.exitCode = 1
}
