/**
 * src/topology/schema.json → src/topology/generated/: the validator that ajv compiles, so that no run of netlab has to,
 * and the types of a topology for callers who write one in TypeScript. Run by the build, and by hand after a change of the schema.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { Ajv } from 'ajv'
import standaloneCode from 'ajv/dist/standalone/index.js'
import { compile } from 'json-schema-to-typescript'

const folder = new URL('../src/topology/', import.meta.url)
const generated = new URL('generated/', folder)
const schema = JSON.parse(await readFile(new URL('schema.json', folder), 'utf8'))

// verbose: each error carries the part of the schema that it is about, from which the finding's words are made.
const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true, code: { source: true, esm: true, lines: true } })
// The examples of a text stay: they tell whether it has a unit, which the finding about a bare number says.
const prose = (/** @type {any} */ { type }) => (type === 'string' ? ['description'] : ['description', 'examples'])
const code = standaloneCode.default(ajv, ajv.compile(without(prose, schema)))
if (/\brequire\(/.test(code))
  throw new Error('The validator needs a module of ajv at run time, and ajv is not installed there: leave out the keyword that does.')

const types = await compile(
  without(() => ['examples'], schema),
  'TopologyFile',
  {
    bannerComment: '/** Made from schema.json by .config/build-schema.js. */',
    style: { semi: false, singleQuote: true, printWidth: 140 },
    additionalProperties: false,
  },
)
const declaration = `/** One complaint of ajv, as far as it is used here. */
export interface SchemaError {
  /** JSON pointer of the value. */
  readonly instancePath: string
  readonly keyword: string
  readonly params: Readonly<Record<string, unknown>>
  /** What the keyword says in the schema. */
  readonly schema: unknown
  /** The object of the schema in which the keyword stands. */
  readonly parentSchema: Readonly<Record<string, unknown>>
  readonly data: unknown
}

export declare const validate: { (data: unknown): boolean; errors?: readonly SchemaError[] | null }
`

await mkdir(generated, { recursive: true })
await writeFile(new URL('validate.js', generated), code)
await writeFile(new URL('validate.d.ts', generated), declaration)
await writeFile(new URL('file.ts', generated), types)

/**
 * The schema without what only readers need. A property may bear such a name: only lists and texts are annotations.
 * @param {(schema: any) => readonly string[]} annotationsOf
 * @param {any} value
 * @returns {any}
 */
function without(annotationsOf, value) {
  if (Array.isArray(value)) return value.map((item) => without(annotationsOf, item))
  if (typeof value !== 'object' || value === null) return value
  const annotations = annotationsOf(value)
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key, part]) => !(annotations.includes(key) && (Array.isArray(part) || typeof part === 'string')))
      .map(([key, part]) => [key, without(annotationsOf, part)]),
  )
}
