// Blocks of lines, of which the screen is put together.
import { fitLine, lineWidth, type Line } from './span.ts'

/** `count` lines at least and at most: what is missing is empty. */
export function padLines(lines: readonly Line[], count: number): Line[] {
  return Array.from({ length: Math.max(0, count) }, (_, row) => lines[row] ?? [])
}

/** The rule above a part of the screen: its title, and what there is to know of it at the right. */
export function titleLine(title: string, note: string, width: number, isFocused: boolean): Line {
  const head = `── ${title} `
  const tail = note === '' ? '' : ` ${note} ──`
  const rule = '─'.repeat(Math.max(0, width - head.length - tail.length))
  return [
    { text: '── ', dim: !isFocused },
    { text: `${title} `, bold: isFocused, ...(isFocused && { color: 'cyan' as const }) },
    { text: rule, dim: !isFocused },
    { text: tail, dim: true },
  ]
}

/** Two blocks beside each other, the left one `leftWidth` columns wide. */
export function beside(left: readonly Line[], leftWidth: number, right: readonly Line[]): Line[] {
  const height = Math.max(left.length, right.length)
  return Array.from({ length: height }, (_, row) => [...fitLine(left[row] ?? [], leftWidth), ...(right[row] ?? [])])
}

/** A block in a double frame, which is `width` columns wide. */
export function framed(lines: readonly Line[], width: number): Line[] {
  const across = '═'.repeat(width - 2)
  const side = { text: '║' }
  return [[{ text: `╔${across}╗` }], ...lines.map((line) => [side, ...fitLine(line, width - 2), side]), [{ text: `╚${across}╝` }]]
}

/** A block in the middle of so much room. */
export function centred(lines: readonly Line[], width: number, height: number): Line[] {
  const { left, above } = cornerOf(lines, width, height)
  return padLines([...Array<Line>(above).fill([]), ...lines.map((line) => [{ text: ' '.repeat(left) }, ...line])], height)
}

/** Where the upper left corner of a block is that stands in the middle of so much room. */
export function cornerOf(lines: readonly Line[], width: number, height: number): { readonly left: number; readonly above: number } {
  const left = Math.max(0, Math.floor((width - Math.max(0, ...lines.map(lineWidth))) / 2))
  return { left, above: Math.max(0, Math.floor((height - lines.length) / 2)) }
}
