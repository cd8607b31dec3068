/** The reports by name. Their libraries are loaded when one is asked for. */
import type { FileResult } from '../result.ts'

export const REPORT_FORMATS = ['junit', 'tap', 'json', 'github', 'csv'] as const
export type ReportFormat = (typeof REPORT_FORMATS)[number]

export async function formatReport(format: ReportFormat, results: readonly FileResult[], cwd: string): Promise<string> {
  switch (format) {
    case 'junit':
      return (await import('./junit.ts')).formatJunit(results)
    case 'tap':
      return (await import('./tap.ts')).formatTap(results)
    case 'json':
      return `${JSON.stringify((await import('./json.ts')).resultsJson(results), undefined, 2)}\n`
    case 'csv':
      return (await import('./csv.ts')).formatCsv(results)
    case 'github':
      return (await import('./github.ts')).formatGithub(results, cwd)
  }
}
