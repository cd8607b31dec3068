import { Box, Text } from 'ink'
import { createContext, useContext, type ReactNode } from 'react'
import { fitLine, type Line } from './span.ts'

/** Whether colours are wanted (no-color.org). Bold and inverse are no colours: they stay. */
export const ColorContext = createContext(true)

/** Lines of text, each exactly `width` columns wide. */
export function Lines({ lines, width }: { readonly lines: readonly Line[]; readonly width: number }): ReactNode {
  const hasColor = useContext(ColorContext)
  return (
    <Box flexDirection="column" width={width} flexShrink={0}>
      {lines.map((line, row) => (
        <Text key={row} wrap="truncate-end">
          {fitLine(line, width).map(({ text, color, bold = false, dim = false, inverse = false }, index) => (
            <Text key={index} {...(color !== undefined && hasColor && { color })} bold={bold} dimColor={dim} inverse={inverse}>
              {text}
            </Text>
          ))}
        </Text>
      ))}
    </Box>
  )
}

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
