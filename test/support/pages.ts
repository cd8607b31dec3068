/** The pages of reference, made from their sources: the schema, the commands' own help, the table of codes. `npm run docs` writes them. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { COMMANDS } from '../../src/cli/commands.ts'
import { helpText } from '../../src/cli/help.ts'
import { CODES, type Code } from '../../src/diagnostic/codes.ts'
import { MEANINGS } from '../../src/diagnostic/meaning.ts'
import schema from '../../src/topology/schema.json' with { type: 'json' }
import { LINK_PROFILES } from '../../src/topology/link-profiles.ts'
import { netlab } from '../unit/cli/fake-context.ts'

export const root = fileURLToPath(new URL('../..', import.meta.url))

/** Path in the repository → what makes its text. */
export const PAGES: ReadonlyMap<string, () => string | Promise<string>> = new Map<string, () => string | Promise<string>>([
  ['src/topology/README.md', filePage],
  ['src/cli/README.md', commandPage],
  ['src/diagnostic/README.md', codePage],
])

interface Part {
  readonly $ref?: string
  readonly description?: string
  readonly type?: string | readonly string[]
  readonly enum?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Part>>
  readonly items?: Part
  readonly examples?: readonly unknown[]
}

const file = schema as unknown as Part & { readonly definitions: Readonly<Record<string, Part>> }

/** Headings of the larger maps, in the order of the page; the others are told where their key stands. */
const SECTIONS: readonly (readonly [definition: string, heading: string])[] = [
  ['node', 'A node'],
  ['interface', 'An interface of a node'],
  ['peer', 'A WireGuard peer'],
  ['route', 'A route'],
  ['mplsRoute', 'A route by MPLS label'],
  ['rule', 'A rule'],
  ['neighbor', 'A neighbour'],
  ['file', 'A file in a node'],
  ['service', 'A service'],
  ['link', 'A link'],
  ['endpoint', 'An endpoint'],
  ['bridge', 'A bridge'],
  ['impairment', 'Impairments'],
  ['test', 'A test'],
  ['change', 'What a step adds or deletes'],
]

const FILE_INTRODUCTION = `# The file

<!-- Made from schema.json by \`npm run docs\`. -->

YAML 1.2, with anchors and merge keys. An unknown key is an error. To have an editor complete and check as you type, begin the file with
\`# yaml-language-server: $schema=netlab.schema.json\` and save the output of \`netlab schema\` under that name: what stands below is then shown there.

A **range** stands for several names: \`h[1-4]\`, \`h[01-12]\`, \`r[1-3]-[1-2]\`. In a link, ranges of equal length pair up in order, one name
against a range is joined to each, and \`cross: true\` makes all pairs. Where a value may be one or several, a list of one and the value alone
mean the same.
`

function filePage(): string {
  return [
    FILE_INTRODUCTION,
    `## At the top\n\n${keyList(file)}- **\`x-…\`**: Ignored: a place for YAML anchors.\n`,
    ...SECTIONS.map(([name, heading]) => {
      const part = file.definitions[name]
      if (part === undefined) throw new Error(`schema.json has no definition ${name}.`)
      return `## ${heading}\n\n${part.description ?? ''}\n\n${keyList(part)}${name === 'impairment' ? `\n${profileTable()}` : ''}`
    }),
  ].join('\n')
}

/** One item a key; the keys of a map inside are indented below it. Impairments are told once, under their own heading. */
function keyList(part: Part, indent = ''): string {
  const entries = Object.entries(part.properties ?? {})
  const told = part === file.definitions['impairment'] ? entries : entries.filter(([key]) => !isImpairment(key))
  const items = told.map(([key, raw]) => `${indent}- **\`${key}\`**: ${wordsOf(raw)}\n${keyList(innerOf(raw), `${indent}  `)}`)
  const rest = told.length === entries.length ? '' : `${indent}- the keys of [impairments](#impairments): \`rate\`, \`delay\`, \`loss\` …\n`
  return `${items.join('')}${rest}`
}

function wordsOf(raw: Part): string {
  const name = definitionOf(raw)
  const target = name === undefined ? undefined : file.definitions[name]
  const words = raw.enum ?? target?.enum
  const examples = (raw.examples ?? target?.examples)?.map(
    (each) => `\`${typeof each === 'string' && !each.includes('\n') ? each : JSON.stringify(each)}\``,
  )
  const section = SECTIONS.find(([definition]) => definition === name)
  return [
    raw.description ?? target?.description ?? '',
    ...(words === undefined ? [] : [`One of ${words.map((word) => `\`${String(word)}\``).join(', ')}.`]),
    ...(examples === undefined ? [] : [`For example ${examples.join(' or ')}.`]),
    ...(section === undefined ? [] : [`See [${section[1]}](#${section[1].toLowerCase().replaceAll(' ', '-')}).`]),
  ].join(' ')
}

/** The map behind a key, as far as it has no heading of its own. */
function innerOf(raw: Part): Part {
  const name = definitionOf(raw)
  if (name === undefined) return raw.properties === undefined ? (raw.items ?? {}) : raw
  return (SECTIONS.some(([definition]) => definition === name) ? undefined : file.definitions[name]) ?? {}
}

function definitionOf(raw: Part): string | undefined {
  return (raw.$ref ?? raw.items?.$ref)?.replace('#/definitions/', '')
}

function isImpairment(key: string): boolean {
  return file.definitions['impairment']?.properties?.[key] !== undefined
}

function profileTable(): string {
  const rows = [...LINK_PROFILES].map(([name, { both, forward, backward, source }]) => {
    const rate = [forward?.rate ?? both.rate, backward?.rate ?? both.rate].join(' / ')
    return `| \`${name}\` | ${rate} | ${both.delay ?? ''} | ${both.loss ?? ''} | ${source} |`
  })
  return `The profiles:\n\n| profile | up / down | delay, one way | loss | source |\n|---|---|---|---|---|\n${rows.join('\n')}\n`
}

/** `netlab --help`, and that of every command, as they are printed. */
async function commandPage(): Promise<string> {
  const sections: string[] = []
  for (const name of COMMANDS.keys()) {
    const { stdout } = await netlab([name, '--help'])
    sections.push(`## netlab ${name}\n\n\`\`\`text\n${stdout.trimEnd()}\n\`\`\`\n`)
  }
  const head = '# The commands\n\n<!-- Made from the help of the commands by `npm run docs`. -->\n\nstdout is data, stderr is talk.\n'
  return [head, `\`\`\`text\n${helpText().trimEnd()}\n\`\`\`\n`, ...sections].join('\n')
}

/** The codes under the headings that codes.ts has as comments. */
function codePage(): string {
  const source = readFileSync(`${root}/src/diagnostic/codes.ts`, 'utf8')
  const lines = source.split('\n').flatMap((line) => {
    const [, heading] = /^ {2}\/\/ (.*)$/.exec(line) ?? []
    if (heading !== undefined) return [`\n## ${heading}\n`]
    const [, code] = /^ {2}([A-Z_0-9]+): /.exec(line) ?? []
    if (code === undefined) return []
    return [`- **\`${code}\`**: ${CODES[code as Code]}. ${MEANINGS[code as Code]}`]
  })
  const head = `# Error codes

<!-- Made from codes.ts and meaning.ts by \`npm run docs\`. -->

A code is stable: scripts and search engines may know it. Each message has its own words and line; here is what the code means in general,
and the way out.
`
  return `${head}${lines.join('\n')}\n`
}
