/** What may stand for an argument of a command, which its definition names: `lab`, `node`, `ends` … */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { Context } from './context.ts'
import type { LabSummary } from '../lab/list.ts'
import { pathWords } from './complete-path.ts'
import { readLessons } from './lessons.ts'

/** Candidates for the argument after those that are `given`. */
export async function argumentWords(
  context: Context,
  command: Command,
  given: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const [own] = command.registeredArguments.slice(given.length)
  if (own?.argChoices !== undefined) return own.argChoices
  const names = command.registeredArguments.map((argument) => argument.name())
  const place = names.indexOf('lab')
  if (place < 0 || given.length < place) return plainWords(context, own?.name() ?? lastVariadic(command), current)
  return labArgumentWords(context, names.slice(place + 1), given.slice(place), current)
}

/** An argument that takes several words takes all that come. */
function lastVariadic(command: Command): string | undefined {
  const last = command.registeredArguments.at(-1)
  return last?.variadic === true ? last.name() : undefined
}

async function plainWords(context: Context, argument: string | undefined, current: string): Promise<readonly string[]> {
  if (argument === 'lesson') return readLessons().map(({ name, teaches }) => `${name}\t${teaches}`)
  if (argument === 'folder') return pathWords(context.cwd, current, () => false)
  if (argument !== 'file') return []
  return [...labWords(await context.library.listLabs()), ...yamlWords(context, current)]
}

/** Of `[lab] REST`, where the lab may be left out if it is the only one. */
async function labArgumentWords(
  context: Context,
  rest: readonly string[],
  given: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const labs = await context.library.listLabs()
  const only = labs.length === 1 ? labs[0] : undefined
  const [first] = given
  if (first === undefined) {
    const words = only === undefined ? [] : await insideWords(context, only, rest[0], given, current)
    return [...words, ...labWords(labs), ...(rest.length === 0 ? yamlWords(context, current) : [])]
  }
  const path = resolve(context.cwd, first)
  const named = labs.find(({ name, file }) => name === first || file === path)
  if (named !== undefined) return insideWords(context, named, rest[given.length - 1], given, current)
  return only === undefined ? [] : insideWords(context, only, rest[given.length], given, current)
}

/** Names of what is in a lab. */
async function insideWords(
  context: Context,
  lab: LabSummary,
  argument: string | undefined,
  given: readonly string[],
  current: string,
): Promise<readonly string[]> {
  const record = await context.library.readRecord(lab.name)
  const nodes = record?.nodes ?? []
  const listed = (): readonly string[] => [
    ...listWords(nodes, 'node', current),
    ...listWords(Object.keys(record?.bridges ?? {}), 'bridge', current),
  ]
  switch (argument) {
    case 'node':
    case 'to':
    case 'target':
      return nodes.map((node) => `${node}\tnode`)
    case 'nodes':
      return listed()
    case 'ends':
      return current.includes(':') ? interfaceWords(record?.interfaces ?? {}, current) : listed()
    case 'service':
      return (await context.library.namedServices(lab.name, given.at(-1) ?? '')).map(({ service }) => `${service}\tservice`)
    default:
      return []
  }
}

/** After a comma the next one. */
function listWords(names: readonly string[], kind: string, current: string): readonly string[] {
  const before = current.split(',').slice(0, -1)
  return names.filter((name) => !before.includes(name)).map((name) => `${[...before, name].join(',')}\t${kind}`)
}

/** After `h1:` the interfaces of h1. */
function interfaceWords(interfaces: Readonly<Record<string, readonly string[]>>, current: string): readonly string[] {
  const head = current.slice(0, current.lastIndexOf(',') + 1)
  const [name = ''] = current.slice(head.length).split(':')
  return (interfaces[name] ?? []).map((ifname) => `${head}${name}:${ifname}\tinterface`)
}

function labWords(labs: readonly LabSummary[]): readonly string[] {
  return labs.map((lab) => `${lab.name}\tlab, ${lab.state}`)
}

function yamlWords(context: Context, current: string): readonly string[] {
  return pathWords(context.cwd, current, (name) => /\.ya?ml$/.test(name))
}
