import type { ReactNode } from 'react'
import type { HelpOverlay } from './controller.ts'
import { BINDINGS, type Binding } from './bindings.ts'
import { Lines, padLines, titleLine } from './Lines.tsx'
import { fitText, type Line } from './span.ts'

const KEY_WIDTH = 14
/** From here on two columns of keys stand side by side. */
const COLUMN_WIDTH = 70

interface Props {
  readonly help: HelpOverlay
  readonly width: number
  readonly height: number
}

/** Every key, by where it works. */
export function Help({ help, width, height }: Props): ReactNode {
  const sections = [...new Set(BINDINGS.map(({ section }) => section))]
  const lines = sections.flatMap((section): Line[] => [
    [{ text: ` ${section}`, bold: true, color: 'cyan' }],
    ...BINDINGS.filter((binding) => binding.section === section).map(bindingLine),
  ])
  const columns = width >= 2 * COLUMN_WIDTH ? 2 : 1
  const perColumn = Math.ceil(lines.length / columns)
  const columnWidth = Math.floor(width / columns)
  const rows = Array.from({ length: perColumn }, (_, row): Line => {
    const parts = Array.from({ length: columns }, (_unused, column) => lines[column * perColumn + row] ?? [])
    return parts.flatMap((part, column) => (column < columns - 1 ? padTo(part, columnWidth) : part))
  })
  help.scroll = Math.min(help.scroll, Math.max(0, rows.length - (height - 1)))
  const more = rows.length > height - 1 ? '↑↓ scroll, any other key closes' : 'any key closes; the mouse selects and scrolls'
  return <Lines lines={padLines([titleLine('Keys', more, width, true), ...rows.slice(help.scroll)], height)} width={width} />
}

function padTo(line: Line, width: number): Line {
  const used = line.reduce((sum, { text }) => sum + text.length, 0)
  return [...line, { text: ' '.repeat(Math.max(0, width - used)) }]
}

function bindingLine({ keys, words }: Binding): Line {
  const names = keys.map((key) => ({ ' ': 'Space', 'page down': 'PgDn', 'page up': 'PgUp' })[key] ?? key.replace('ctrl-', '^'))
  return [{ text: `   ${fitText(names.join(' '), KEY_WIDTH)} `, bold: true }, { text: words }]
}
