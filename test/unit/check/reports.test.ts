import { create } from 'xmlbuilder2'
import { describe, expect, it } from 'vitest'
import { gradesOf } from '../../../src/check/grade.ts'
import { formatCsv } from '../../../src/check/report/csv.ts'
import { formatGithub } from '../../../src/check/report/github.ts'
import { resultsJson } from '../../../src/check/report/json.ts'
import { formatJunit } from '../../../src/check/report/junit.ts'
import { formatTap } from '../../../src/check/report/tap.ts'
import type { FileResult, Status, TestResult } from '../../../src/check/result.ts'

const at = (line: number): TestResult['origin'] => ({ file: '/w/a.yaml', line, column: 3, length: 1 })

function testResult(name: string, status: Status, points = 1, earned = status === 'passed' ? points : 0): TestResult {
  const isBad = status === 'failed'
  const miss = {
    words: 'h1 → web tcp 80',
    expected: 'open',
    seen: 'no answer\nat all',
    because: ['fw dropped it'],
    flow: { kind: 'ping', from: 'h1', to: '::1', timeoutMs: 1 } as const,
  }
  const step = { words: name, origin: at(7), status, asked: 1, held: 0, misses: isBad ? [miss] : [], moreMisses: 0, elapsedMs: 5.4 }
  return { name, origin: at(7), status, steps: [step], points, earned, elapsedMs: 5.4 }
}

function fileResult(more: Partial<FileResult> = {}): FileResult {
  const tests = [
    testResult('a <b> & "c" # 1', 'passed', 2),
    testResult('it \u0007 fails: 50%', 'failed', 3, 1),
    testResult('later', 'skipped'),
  ]
  return { file: '/w/a.yaml', lab: 'a-1', tests, elapsedMs: 12, diagnostics: [], sources: new Map(), isKept: false, bundles: [], ...more }
}
const BROKEN = fileResult({
  tests: [],
  student: '=cmd()',
  failure: 'finding',
  diagnostics: [{ code: 'UNKNOWN_KEY', severity: 'error', detail: 'A node has no key "x".', origin: at(2) }],
})

describe('JUnit', () => {
  it('must be XML that says how many of which, whatever is in names and outputs', () => {
    const [suite, broken] = (
      create(formatJunit([fileResult(), BROKEN])).end({ format: 'object' }) as unknown as {
        testsuites: { testsuite: Record<string, unknown>[] }
      }
    ).testsuites.testsuite as [Record<string, unknown>, Record<string, unknown>]
    expect(suite).toMatchObject({ '@tests': '3', '@failures': '1', '@errors': '0', '@skipped': '1', '@name': 'a.yaml' })
    expect(broken).toMatchObject({ '@tests': '1', '@errors': '1' })
    const cases = suite['testcase'] as Record<string, unknown>[]
    expect(cases[0]).toMatchObject({ '@name': 'a &lt;b&gt; &amp; &quot;c&quot; # 1', '@time': '0.005' })
    expect(JSON.stringify(cases[1])).toContain('because: fw dropped it')
    expect(JSON.stringify(cases[1])).not.toContain('\\u0007')
  })
})

describe('TAP', () => {
  it('must number the tests, and escape what begins a directive', () => {
    const text = formatTap([fileResult(), BROKEN])
    expect(text.split('\n').filter((line) => /^(TAP|1\.\.|ok|not ok)/.test(line))).toEqual([
      'TAP version 14',
      '1..4',
      'ok 1 - a <b> & "c" \\# 1',
      'not ok 2 - it \u0007 fails: 50%',
      'ok 3 - later # SKIP',
      'not ok 4 - /w/a.yaml comes up',
    ])
  })
})

describe('annotations of GitHub', () => {
  it('must name file and line, and escape what ends a property or a line', () => {
    const [first, second] = formatGithub([fileResult(), BROKEN], '/w').trimEnd().split('\n')
    expect(first).toMatch(
      /^::error file=a\.yaml,line=7,col=3,title=it .* fails%3A 50%25::h1 → web tcp 80: expected open, seen: no answer%0Aat all%0A/,
    )
    expect(second).toBe('::error file=a.yaml,line=2,col=3,title=UNKNOWN_KEY::A node has no key "x".')
  })
})

describe('grades', () => {
  it('must add what was earned, and count a file that cannot be run as nothing of what others could have', () => {
    expect(gradesOf([fileResult({ student: 'ada' }), BROKEN]).map(({ student, points, of, note }) => [student, points, of, note])).toEqual([
      ['ada', 3, 6, undefined],
      ['=cmd()', 0, 6, 'line 2: UNKNOWN_KEY: A node has no key "x".'],
    ])
  })

  it('must be a table that a spreadsheet takes for text and numbers, and for no formula', () => {
    const [head, ada, broken] = formatCsv([fileResult({ student: 'ada' }), BROKEN]).split('\r\n')
    expect(head).toBe('student,points,of,percent,"a <b> & ""c"" # 1",it \u0007 fails: 50%,later,note,file')
    expect(ada).toBe('ada,3,6,50.0,2,1,0,,/w/a.yaml')
    expect(broken).toBe(`'=cmd(),0,6,0.0,,,,"line 2: UNKNOWN_KEY: A node has no key ""x"".",/w/a.yaml`)
  })
})

describe('JSON', () => {
  it('must keep its fields, null where there is nothing to say', () => {
    const json = JSON.parse(JSON.stringify(resultsJson([fileResult()]))) as {
      files: [{ tests: { steps: { misses: object[] }[] }[] }]
    } & Record<string, unknown>
    expect(Object.keys(json)).toEqual(['passed', 'failed', 'skipped', 'files'])
    const [file] = json.files
    expect(Object.keys(file)).toEqual(['file', 'student', 'points', 'of', 'lab', 'isKept', 'elapsedMs', 'diagnostics', 'bundles', 'tests'])
    expect(Object.keys(file.tests[1]!)).toEqual(['name', 'origin', 'status', 'points', 'earned', 'elapsedMs', 'note', 'steps'])
    expect(file.tests[1]!.steps[0]!.misses[0]).toEqual({
      words: 'h1 → web tcp 80',
      expected: 'open',
      seen: 'no answer\nat all',
      because: ['fw dropped it'],
      origin: null,
    })
  })
})
