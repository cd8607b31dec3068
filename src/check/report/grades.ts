/** Everybody's points in a list, for people. */
import { gradesOf } from '../grade.ts'
import type { FileResult } from '../result.ts'

export function gradeText(results: readonly FileResult[]): string {
  const grades = gradesOf(results)
  const width = Math.max(...grades.map(({ student }) => student.length))
  const lines = grades.map(
    ({ student, points, of, note }) =>
      `  ${student.padEnd(width)}  ${`${points}`.padStart(6)} of ${of}${note === undefined ? '' : `  ${note}`}`,
  )
  return ['Points:', ...lines].map((line) => `${line}\n`).join('')
}
