// The pictures of diagnostics. A case is a folder: case.json, the source files it speaks of, and expected.txt.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Diagnostic } from '../../../src/diagnostic/diagnostic.ts'
import { formatDiagnostics } from '../../../src/diagnostic/text.ts'

interface Case {
  readonly diagnostics: readonly Diagnostic[]
  readonly color?: boolean
  readonly width?: number
}

const folder = import.meta.dirname
const cases = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())

describe('formatDiagnostics draws', () => {
  it.each(cases.map((entry) => entry.name))('%s', (name) => {
    const path = (file: string): string => join(folder, name, file)
    const { diagnostics, color = false, width = 100 } = JSON.parse(readFileSync(path('case.json'), 'utf8')) as Case
    const yamls = readdirSync(path('.')).filter((file) => file.endsWith('.yaml'))
    const sources = new Map(yamls.map((file) => [file, readFileSync(path(file), 'utf8')]))
    const text = formatDiagnostics(diagnostics, sources, { color, width, cwd: '/' })
    if (process.env['UPDATE_GOLDEN'] === '1' || !existsSync(path('expected.txt'))) writeFileSync(path('expected.txt'), text)
    expect(text).toBe(readFileSync(path('expected.txt'), 'utf8'))
  })
})
