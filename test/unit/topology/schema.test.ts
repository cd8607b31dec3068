/** The schema is the reference of the file: every key is described, and every example in it is accepted. */
import { readFileSync } from 'node:fs'
import { Ajv } from 'ajv'
import { expect, test } from 'vitest'

interface Schema {
  readonly $ref?: string
  readonly description?: string
  readonly examples?: readonly unknown[]
  readonly properties?: Readonly<Record<string, Schema>>
  readonly [key: string]: unknown
}

const schema = JSON.parse(readFileSync(new URL('../../../src/topology/schema.json', import.meta.url), 'utf8')) as Schema
const ajv = new Ajv({ allErrors: true, allowUnionTypes: true }).addSchema(schema, 'file')

/** Every schema under `properties`, with the pointer to it. */
function* keys(at: Schema, pointer: string): Generator<[pointer: string, key: Schema]> {
  for (const [name, value] of Object.entries(at)) {
    if (typeof value !== 'object' || value === null || name === 'examples') continue
    if (name === 'properties') {
      for (const [key, part] of Object.entries(value as Record<string, Schema>)) yield [`${pointer}/properties/${key}`, part]
    }
    yield* keys(value as Schema, `${pointer}/${name.replaceAll('/', '~1')}`)
  }
}

const all = [...keys(schema, '')]

test.each(all)('%s is described and its examples are accepted', (pointer, key) => {
  const target = key.$ref === undefined ? key : (schema['definitions'] as Record<string, Schema>)[key.$ref.split('/').at(-1) ?? '']
  expect(key.description ?? target?.description).toBeTruthy()
  const examples = key.examples ?? target?.examples ?? []
  expect(examples.length).toBeGreaterThan(0)
  const validate = ajv.compile({ $ref: `file#${pointer}` })
  for (const example of examples) expect(validate(example) ? [] : [example, validate.errors]).toEqual([])
})
