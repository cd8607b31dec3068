// json.ts, sarif.ts and order.ts: the forms of diagnostics that programs read.
import { Ajv } from 'ajv'
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts'
import { diagnosticsJson } from '../../../src/diagnostic/json.ts'
import { countWords, inOrder } from '../../../src/diagnostic/order.ts'
import { formatSarif } from '../../../src/diagnostic/sarif.ts'
import { displayPath } from '../../../src/diagnostic/text.ts'

const place = (file: string, line: number, column: number) => ({ file, line, column, length: 4 })

const taken: Diagnostic = {
  code: 'INVALID_VALUE',
  severity: 'error',
  origin: place('/lab/lan 1.yaml', 9, 3),
  detail: 'It is taken.',
  hint: 'Take another.',
  related: [{ origin: place('/lab/lan 1.yaml', 2, 3), note: 'first used here' }],
}
const warning: Diagnostic = { code: 'WRONG_TYPE', severity: 'warning', origin: place('/lab/lan 1.yaml', 2, 1), detail: 'It is odd.' }
const refused: Diagnostic = {
  code: 'KERNEL_REFUSED',
  severity: 'error',
  detail: 'Nothing is left.',
  facts: [['kernel', 'EPERM']],
  command: { sentence: 'Run:', line: 'netlab doctor' },
}

describe('inOrder', () => {
  it('goes by file, line and column, and puts what has no place last', () => {
    const other: Diagnostic = { ...warning, origin: place('/a.yaml', 99, 1) }
    expect(inOrder([refused, taken, warning, other])).toEqual([other, warning, taken, refused])
  })
})

describe('countWords', () => {
  it.each([
    [[taken], '1 error'],
    [[warning], '1 warning'],
    [[taken, refused, warning, warning], '2 errors, 2 warnings'],
    [[], ''],
  ])('case %#', (diagnostics, expected) => {
    expect(countWords(diagnostics)).toBe(expected)
  })
})

describe('diagnosticsJson', () => {
  it('gives every field of every diagnostic', () => {
    expect(diagnosticsJson([taken, refused])).toEqual({
      errors: 2,
      warnings: 0,
      diagnostics: [
        {
          code: 'INVALID_VALUE',
          severity: 'error',
          summary: 'A value is not accepted here',
          detail: 'It is taken.',
          hint: 'Take another.',
          origin: place('/lab/lan 1.yaml', 9, 3),
          related: [{ origin: place('/lab/lan 1.yaml', 2, 3), note: 'first used here' }],
          facts: {},
          command: null,
        },
        {
          code: 'KERNEL_REFUSED',
          severity: 'error',
          summary: 'The kernel refused an operation',
          detail: 'Nothing is left.',
          hint: null,
          origin: null,
          related: [],
          facts: { kernel: 'EPERM' },
          command: { sentence: 'Run:', line: 'netlab doctor' },
        },
      ],
    })
  })
})

describe('formatSarif', () => {
  const log: unknown = JSON.parse(formatSarif([taken, warning, refused], { version: '1.2.3', cwd: '/lab' }))

  it('has what the standard requires', () => {
    const validate = new Ajv().compile(SARIF_EXCERPT)
    validate(log)
    expect(validate.errors).toBeNull()
  })

  it('says everything about a finding', () => {
    expect(log).toMatchObject({
      runs: [
        {
          tool: { driver: { version: '1.2.3', rules: [{ id: 'INVALID_VALUE' }, { id: 'KERNEL_REFUSED' }, { id: 'WRONG_TYPE' }] } },
          results: [
            { ruleId: 'WRONG_TYPE', ruleIndex: 2, level: 'warning' },
            {
              ruleId: 'INVALID_VALUE',
              ruleIndex: 0,
              level: 'error',
              message: { text: 'It is taken.\nTake another.' },
              locations: [
                {
                  physicalLocation: {
                    artifactLocation: { uri: 'lan%201.yaml' },
                    region: { startLine: 9, startColumn: 3, endColumn: 7 },
                  },
                },
              ],
              relatedLocations: [{ id: 0, message: { text: 'first used here' } }],
            },
            { ruleId: 'KERNEL_REFUSED', locations: [], message: { text: 'Nothing is left.\nkernel: EPERM\nRun: netlab doctor' } },
          ],
        },
      ],
    })
  })

  it('names a file outside the working directory absolutely', () => {
    expect(formatSarif([taken], { version: '1', cwd: '/other' })).toContain('"file:///lab/lan%201.yaml"')
  })
})

describe('displayPath', () => {
  it.each([
    ['/lab/lan.yaml', '/lab', 'lan.yaml'],
    ['/lab/sub/lan.yaml', '/lab', 'sub/lan.yaml'],
    ['/lab/lan.yaml', '/lab/very/deep/down/below', '/lab/lan.yaml'],
    ['lan.yaml', '/lab', 'lan.yaml'],
    ['<stdin>', '/lab', '<stdin>'],
  ])('%s from %s is %s', (file, cwd, expected) => {
    expect(displayPath(file, cwd)).toBe(expected)
  })
})

// The required fields and enumerations of sarif-schema-2.1.0.json for the objects that we write.
const MESSAGE = { type: 'object', required: ['text'], properties: { text: { type: 'string' } } }
const LOCATION = {
  type: 'object',
  properties: {
    id: { type: 'integer', minimum: -1 },
    message: MESSAGE,
    physicalLocation: {
      type: 'object',
      required: ['artifactLocation'],
      additionalProperties: false,
      properties: {
        artifactLocation: { type: 'object', properties: { uri: { type: 'string', pattern: '^[^ \\\\]+$' } } },
        region: {
          type: 'object',
          additionalProperties: false,
          properties: {
            startLine: { type: 'integer', minimum: 1 },
            startColumn: { type: 'integer', minimum: 1 },
            endColumn: { type: 'integer', minimum: 1 },
          },
        },
      },
    },
  },
}
const SARIF_EXCERPT = {
  type: 'object',
  required: ['version', 'runs'],
  additionalProperties: false,
  properties: {
    $schema: { type: 'string' },
    version: { enum: ['2.1.0'] },
    runs: {
      type: 'array',
      items: {
        type: 'object',
        required: ['tool'],
        additionalProperties: false,
        properties: {
          tool: {
            type: 'object',
            required: ['driver'],
            properties: {
              driver: {
                type: 'object',
                required: ['name'],
                properties: {
                  rules: { type: 'array', items: { type: 'object', required: ['id'], properties: { shortDescription: MESSAGE } } },
                },
              },
            },
          },
          columnKind: { enum: ['utf16CodeUnits', 'unicodeCodePoints'] },
          results: {
            type: 'array',
            items: {
              type: 'object',
              required: ['message'],
              additionalProperties: false,
              properties: {
                ruleId: { type: 'string' },
                ruleIndex: { type: 'integer', minimum: -1 },
                level: { enum: ['none', 'note', 'warning', 'error'] },
                message: MESSAGE,
                locations: { type: 'array', items: LOCATION },
                relatedLocations: { type: 'array', uniqueItems: true, items: LOCATION },
              },
            },
          },
        },
      },
    },
  },
}
