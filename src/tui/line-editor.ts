// A line that is typed, with the keys of readline(3).

export interface EditedLine {
  text: string
  /** Index of the cursor in the text. */
  cursor: number
}

/** Does what a key does in the line. `input` is what was typed, `name` the key's name. */
export function editLine(line: EditedLine, name: string, input: string): void {
  const step = EDITS.get(name)
  const { text, cursor } = line
  if (step !== undefined) return setLine(line, ...step(text, cursor))
  if (name !== input) return
  const typed = input.replaceAll(/\p{Cc}/gu, '')
  setLine(line, text.slice(0, cursor) + typed + text.slice(cursor), cursor + typed.length)
}

/** Another text, the cursor kept inside. */
export function setLine(line: EditedLine, text: string, cursor: number): void {
  line.text = text
  line.cursor = Math.max(0, Math.min(text.length, cursor))
}

/** As readline(3) has them. */
const EDITS: ReadonlyMap<string, (text: string, cursor: number) => [text: string, cursor: number]> = new Map([
  ['left', (text, cursor) => [text, cursor - 1]],
  ['right', (text, cursor) => [text, cursor + 1]],
  ['home', (text) => [text, 0]],
  ['ctrl-a', (text) => [text, 0]],
  ['end', (text) => [text, text.length]],
  ['ctrl-e', (text) => [text, text.length]],
  ['ctrl-u', (text, cursor) => [text.slice(cursor), 0]],
  ['ctrl-k', (text, cursor) => [text.slice(0, cursor), cursor]],
  ['backspace', (text, cursor) => [text.slice(0, Math.max(0, cursor - 1)) + text.slice(cursor), cursor - 1]],
  [
    'ctrl-w',
    (text, cursor) => {
      const kept = text.slice(0, cursor).replace(/\S+\s*$/, '')
      return [kept + text.slice(cursor), kept.length]
    },
  ],
])
