/** The labs that come with netlab: folders with a topology.yaml and a README.md that begins with a heading and what the lab teaches. */
import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Beside package.json, two folders up from here, in src/cli as in the built dist/cli and dist/chunk. */
const FOLDER = fileURLToPath(new URL('../../topologies/', import.meta.url))

export interface Lesson {
  readonly name: string
  readonly folder: string
  /** What its README says first. */
  readonly teaches: string
}

/** All of them, by name. */
export function readLessons(): Lesson[] {
  return readdirSync(FOLDER, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(`${FOLDER}${entry.name}/topology.yaml`))
    .map(({ name }) => ({ name, folder: `${FOLDER}${name}`, teaches: firstParagraph(readFileSync(`${FOLDER}${name}/README.md`, 'utf8')) }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function firstParagraph(text: string): string {
  const [, paragraph = ''] = /^# .*\n\n((?:.+\n)+)/.exec(text) ?? []
  return paragraph.trim().replaceAll('\n', ' ')
}
