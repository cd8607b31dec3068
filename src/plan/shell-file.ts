/**
 * Files in a shell script. ip netns exec binds each entry of /etc/netns/NAME over its namesake in /etc: other places it cannot show.
 * These lie on the host, so the script writes them only when asked to; those of a node with a root of its own go there. A content that
 * many nodes share (/etc/hosts) stands once.
 */
import type { Operation, Plan, WriteFile } from './operation.ts'
import { hereDocument, quote } from './quote.ts'
import { netnsName } from './netns-words.ts'
import type { ShellRoots } from './shell-root.ts'

export interface ShellFiles {
  /** Definitions that the calls need; '' where there are none. */
  readonly functions: string
  /** The command for an operation on a file; undefined for any other operation. */
  readonly call: (operation: Operation) => string | undefined
}

const WRITE = `# ip netns exec shows /etc/netns/NAME/FILE as /etc/FILE. These are files of this machine: FILES=1 writes them.
write() {
  if [ "\${FILES-}" != 1 ]; then return; fi
  mkdir -p "/etc/netns/$2"
  "$1" >"/etc/netns/$2/$3"
  chmod "$4" "/etc/netns/$2/$3"
}`

export function shellFiles(plan: Plan, roots: ShellRoots): ShellFiles {
  const names = new Map<string, string>()
  const functions: string[] = []
  const writes = plan.operations.filter((operation) => operation.type === 'write file')
  for (const { netns, path, file } of writes) {
    if (names.has(file.sha256) || !(roots.has(netns) || etcName(path) !== undefined)) continue
    const name = `file_${names.size + 1}`
    names.set(file.sha256, name)
    functions.push(`${name}() {\n${printCommand(file)}\n}`)
  }
  const isForEtc = writes.some(({ netns, path }) => !roots.has(netns) && etcName(path) !== undefined)
  return {
    functions: [...(isForEtc ? [WRITE] : []), ...functions].join('\n\n'),
    call: (operation) => {
      if (operation.type !== 'write file' && operation.type !== 'remove file') return undefined
      if (operation.type === 'write file' && roots.has(operation.netns)) return roots.call(operation, names.get(operation.file.sha256))
      const netns = netnsName(plan.lab, operation.netns)
      const file = etcName(operation.path)
      const path = operation.path.replace(/\s/g, ' ')
      if (file === undefined) return `# ${path} in ${netns}: ip netns exec shows files of /etc only`
      if (operation.type === 'remove file') return `if [ "\${FILES-}" = 1 ]; then rm -f ${quote(`/etc/netns/${netns}/${file}`)}; fi`
      const mode = operation.file.mode.toString(8).padStart(4, '0')
      return `write ${names.get(operation.file.sha256) ?? ''} ${quote(netns)} ${quote(file)} ${mode}`
    },
  }
}

/** FILE of /etc/FILE. */
function etcName(path: string): string | undefined {
  return /^\/etc\/([^/]+)$/.exec(path)?.[1]
}

function printCommand({ content = '' }: WriteFile['file']): string {
  const text = typeof content === 'string' ? content : decode(content)
  if (text === undefined)
    return `  printf '${[...(content as Uint8Array)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('')}'`
  if (text.endsWith('\n')) return `  cat ${hereDocument(text)}`
  return `  printf '%s' ${quote(text)}`
}

/** UTF-8 without NUL, which no shell word can hold; undefined for anything else. */
function decode(bytes: Uint8Array): string | undefined {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
