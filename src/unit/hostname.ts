/** Names of nodes and of labs. hostname(7), RFC 1123 section 2.1, and `_` because people use it. */
import { isIP } from 'node:net'

/** sethostname(2) takes 64 bytes (HOST_NAME_MAX), a DNS label 63. */
export const NAME_MAX_BYTES = 63

/** Up to four numbers with dots between them, decimal or 0x…: what inet_aton(3) takes for an address, whatever /etc/hosts says. */
const NUMBERS = /^(?:0x[0-9a-f]*|\d+)(?:\.(?:0x[0-9a-f]*|\d+)){0,3}$/i

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
  if (isIP(name) !== 0) return 'is an address: every tool would take it for one'
  if (NUMBERS.test(name)) return 'is an address to ping and most other tools (inet_aton(3)), as 10.1 is 10.0.0.1: begin it with a letter'
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

function shown(char: string): string {
  return /\s/.test(char) ? 'a space' : `"${char}"`
}
