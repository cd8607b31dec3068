import { Box, Text } from 'ink'
import type { ReactNode } from 'react'
import type { Question } from './controller.ts'

/** A question in the middle of the screen. */
export function Dialog({
  question,
  width,
  height,
}: {
  readonly question: Question
  readonly width: number
  readonly height: number
}): ReactNode {
  return (
    <Box width={width} height={height} alignItems="center" justifyContent="center">
      <Box borderStyle="double" paddingX={2} paddingY={1} flexDirection="column">
        <Text bold>{question.title}</Text>
        {question.words.map((words) => (
          <Text key={words}>{words}</Text>
        ))}
        <Text> </Text>
        {question.answers.map(({ key, words }) => (
          <Text key={key}>
            <Text bold>{key}</Text> {words}
          </Text>
        ))}
        <Text>
          <Text bold>any other key</Text> no, leave it
        </Text>
      </Box>
    </Box>
  )
}
