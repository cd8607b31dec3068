import type { Question } from './controller.ts'
import { centred, framed } from './lines.ts'
import { lineWidth, type Line } from './span.ts'

/** A question in the middle of the screen. */
export function questionLines({ title, words, answers }: Question, width: number, height: number): Line[] {
  const lines: Line[] = [
    [{ text: title, bold: true }],
    ...words.map((text): Line => [{ text }]),
    [],
    ...[...answers, { key: 'any other key', words: 'no, leave it' }].map((answer): Line => [
      { text: answer.key, bold: true },
      { text: ` ${answer.words}` },
    ]),
  ]
  const inside = lines.map((line): Line => [{ text: '  ' }, ...line])
  return centred(framed([[], ...inside, []], Math.min(width, Math.max(...inside.map(lineWidth)) + 4)), width, height)
}
