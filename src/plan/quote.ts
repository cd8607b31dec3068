/** Words for a POSIX shell. XCU 2.2, Quoting. */

/** The word as sh reads it back: bare where nothing in it is special, in single quotes otherwise. */
export function quote(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word
  return `'${word.replaceAll("'", "'\\''")}'`
}

export function quoteAll(words: readonly string[]): string {
  return words.map(quote).join(' ')
}

/** `<<'EOF'` with the text and an end that does not stand in it. */
export function hereDocument(text: string, place = ''): string {
  let end = 'EOF'
  while (text.split('\n').includes(end)) end += '_'
  return `<<'${end}'${place === '' ? '' : `  # ${place}`}\n${text}${text.endsWith('\n') || text === '' ? '' : '\n'}${end}`
}
