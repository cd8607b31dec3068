import type { Controller, Place } from './controller.ts'
import { padLines, titleLine } from './lines.ts'
import { statusOf, type TestEntry } from './tests.ts'
import { fitText, wrapLine, type Color, type Line } from './span.ts'

/** The tests of the lab's file, and below them what came of the one that is selected. */
export function testLines(place: Place): Line[] {
  const { controller, width, height } = place
  const { tests, cwd } = controller
  const words = tests.words(width, cwd).flatMap((text) => wrapLine([{ text }], width, WORDS_COLUMN))
  const most = Math.max(3, Math.floor(height / 2))
  const wordsHeight = words.length === 0 ? 0 : Math.min(words.length + 1, Math.max(most, height - tests.entries.length - 1))
  const listHeight = height - wordsHeight
  tests.scroll = Math.min(tests.scroll, Math.max(0, words.length - (wordsHeight - 1)))
  const start = Math.max(0, Math.min(tests.index - Math.floor(listHeight / 2), tests.entries.length - (listHeight - 1)))
  const shown = tests.entries.slice(start, start + listHeight - 1)
  controller.areas.push({
    ...place,
    top: place.top + 1,
    height: shown.length,
    press: (row) => tests.move(start + row - tests.index),
  })
  const list = [
    titleLine('Tests', note(controller), width, true),
    ...(shown.length === 0 ? [emptyLine(controller)] : shown.map((entry, row) => entryLine(entry, width, start + row === tests.index))),
  ]
  const below =
    wordsHeight === 0
      ? []
      : [titleLine('What came of it', words.length > wordsHeight - 1 ? 'J K scroll' : '', width, false), ...words.slice(tests.scroll)]
  return [...padLines(list, listHeight), ...padLines(below, wordsHeight)]
}

/** Where the report says why. */
const WORDS_COLUMN = 18

function note({ tests }: Controller): string {
  const [passed, failed, left] = [tests.count('passed'), tests.count('failed'), tests.count('left')]
  const counts = [
    ...(passed > 0 ? [`${passed} passed`] : []),
    ...(failed > 0 ? [`${failed} failed`] : []),
    ...(left > 0 ? [`${left} not run`] : []),
  ]
  return [...(tests.state === 'running' ? ['running'] : []), ...counts].join(', ')
}

function emptyLine({ tests }: Controller): Line {
  const isReading = tests.state === 'unread' || tests.state === 'reading'
  return [{ text: isReading ? ' Reading the file …' : ' The file of this lab has no tests.', dim: true }]
}

/** A sign as well as a colour: not everybody sees red and green. */
function markOf({ state, result }: TestEntry): { readonly mark: string; readonly color?: Color } {
  if (state === 'running') return { mark: '◌', color: 'yellow' }
  if (state === 'waiting' || result === undefined) return { mark: '·' }
  const status = statusOf(result)
  if (status === 'left') return { mark: '-', color: 'yellow' }
  return status === 'passed' ? { mark: '✓', color: 'green' } : { mark: '✗', color: 'red' }
}

function entryLine(entry: TestEntry, width: number, isSelected: boolean): Line {
  const { mark, color } = markOf(entry)
  const { result, state } = entry
  const fact =
    state === 'running'
      ? 'running'
      : state === 'waiting'
        ? 'waits'
        : result === undefined
          ? ''
          : `${(result.elapsedMs / 1000).toFixed(1)} s`
  const name = fitText(entry.name, Math.max(10, width - 5 - FACT_WIDTH))
  return [
    { text: ` ${mark} `, bold: true, inverse: isSelected, ...(color !== undefined && { color }) },
    { text: ` ${name}`, inverse: isSelected, ...(color !== undefined && { color }) },
    { text: fitText(fact, FACT_WIDTH, 'right'), dim: !isSelected, inverse: isSelected },
    { text: ' ', inverse: isSelected },
  ]
}

const FACT_WIDTH = 9
