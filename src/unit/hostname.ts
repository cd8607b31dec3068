/** Names of nodes and of labs. hostname(7), RFC 1123 section 2.1, and `_` because people use it. */
/** sethostname(2) takes 64 bytes (HOST_NAME_MAX), a DNS label 63. */
export const NAME_MAX_BYTES = 63

/** Why a name cannot be a node's, in words that follow the quoted name; undefined where it can. */
export function nodeNameProblem(name: string): string | undefined {
  const problem = lengthProblem(name)
  if (problem !== undefined) return problem
  const odd = /[^A-Za-z0-9._-]/u.exec(name)
  if (odd !== null) return `has ${shown(odd[0])} in it; a node's name has letters, digits, "-", "_", and "." between its parts`
  if (name.startsWith('.') || name.endsWith('.') || name.includes('..'))
    return 'has an empty part: a "." stands between two parts of a name'
  const label = name.split('.').find((part) => part.startsWith('-') || part.endsWith('-'))
  if (label !== undefined) return 'has a "-" at an end of a part; a host\'s name has letters or digits there (hostname(7))'
  const address = oldAddress(name)
  if (address !== undefined) {
    return name === address
      ? 'is an address: every tool would take it for one'
      : `is an address: every tool would take it for ${address} (inet_aton(3)). Put a letter before it, e.g. h${name}`
  }
  if (name.toLowerCase() === 'localhost') return 'is the name that every host has for itself'
  return undefined
}

/** Why a name cannot be a lab's, in words that follow the quoted name; undefined where it can. */
export function labNameProblem(name: string): string | undefined {
  const problem = lengthProblem(name)
  if (problem !== undefined) return problem
  const odd = /[^A-Za-z0-9_-]/u.exec(name)
  if (odd !== null) return `has ${shown(odd[0])} in it; a lab's name has letters, digits, "-" and "_"`
  if (name.startsWith('-')) return 'begins with "-", as an option does'
  return undefined
}

function lengthProblem(name: string): string | undefined {
  const bytes = Buffer.byteLength(name)
  if (bytes === 0) return 'is empty'
  return bytes > NAME_MAX_BYTES ? `is ${bytes} bytes long; a name has at most ${NAME_MAX_BYTES}` : undefined
}

/** The IPv4 address that inet_aton(3) reads in a text: one to four numbers, octal after 0 and hexadecimal after 0x, the last filling the rest. */
function oldAddress(text: string): string | undefined {
  const parts = text.split('.')
  if (parts.length > 4 || !parts.every((part) => /^(?:0x[\da-f]+|0[0-7]*|[1-9]\d*)$/i.test(part))) return undefined
  const numbers = parts.map((part) => (/^0[0-7]+$/.test(part) ? parseInt(part, 8) : Number(part)))
  const last = numbers.pop() ?? 0
  if (numbers.some((number) => number > 255) || last >= 256 ** (4 - numbers.length)) return undefined
  const bytes = [3, 2, 1, 0].map((power) => Math.floor(last / 256 ** power) % 256)
  return [...numbers, ...bytes.slice(numbers.length)].join('.')
}

function shown(char: string): string {
  return /\s/.test(char) ? 'a space' : `"${char}"`
}
