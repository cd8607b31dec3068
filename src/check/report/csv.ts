/** Grades as a spreadsheet reads them, a row each and a column for each test. RFC 4180. */
import { gradesOf } from '../grade.ts'
import type { FileResult } from '../result.ts'

export function formatCsv(results: readonly FileResult[]): string {
  const grades = gradesOf(results)
  const names = [...new Set(grades.flatMap(({ tests }) => tests.map(({ name }) => name)))]
  const rows = grades.map(({ student, file, points, of, tests, note }) => {
    const earned = new Map(tests.map((test) => [test.name, test.earned]))
    return [student, points, of, percentOf(points, of), ...names.map((name) => earned.get(name) ?? ''), note ?? '', file]
  })
  return [['student', 'points', 'of', 'percent', ...names, 'note', 'file'], ...rows]
    .map((row) => `${row.map((cell) => quoted(String(cell))).join(',')}\r\n`)
    .join('')
}

function percentOf(points: number, of: number): string {
  return of === 0 ? '' : ((100 * points) / of).toFixed(1)
}

/** A cell that a spreadsheet would take for a formula becomes text: names of files are what students choose. */
function quoted(cell: string): string {
  const text = /^[=+\-@\t\r]/.test(cell) && Number.isNaN(Number(cell)) ? `'${cell}` : cell
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
