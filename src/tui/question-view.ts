import type { Place, Question } from './controller.ts'
import { press } from './keys.ts'
import { centred, cornerOf, framed } from './lines.ts'
import { lineWidth, type Line } from './span.ts'

/** A question in the middle of the screen. An answer can be clicked, and so can the rest of the screen: no. */
export function questionLines({ title, words, answers }: Question, place: Place): Line[] {
  const { controller, width, height } = place
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
  const block = framed([[], ...inside, []], Math.min(width, Math.max(...inside.map(lineWidth)) + 4))
  const { above } = cornerOf(block, width, height)
  const first = above + FRAME_ROWS + words.length + 2
  controller.areas.push({ ...place, press: (row) => press(controller, answers[row - first]?.key ?? 'escape', {}) })
  return centred(block, width, height)
}

/** The frame, and the empty line below it. */
const FRAME_ROWS = 2
