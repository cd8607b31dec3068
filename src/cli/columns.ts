import { displayWidth, visible } from '../diagnostic/picture.ts'

/** Rows as lines, each column as wide as its widest cell. For lists that `grep` and `awk` read; tables with frames are table.ts. */
export function columns(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, index) => (widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell))))
  const lines = rows.map((row) =>
    row
      .map((cell, index) => visible(cell) + ' '.repeat((widths[index] ?? 0) - displayWidth(cell)))
      .join('  ')
      .trimEnd(),
  )
  return lines.map((line) => `${line}\n`).join('')
}
