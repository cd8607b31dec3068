/** The commands by name. Nothing of a command is loaded before it is called. */
import type { CommandDefinition } from './command.ts'

export interface CommandEntry {
  /** Heading in `netlab --help`. */
  readonly group: 'Labs' | 'Inside a lab' | 'Files' | 'This machine'
  readonly summary: string
  readonly load: () => Promise<CommandDefinition>
}

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['up', { group: 'Labs', summary: 'make the network run as the file says', load: async () => (await import('./up.ts')).upCommand }],
  ['down', { group: 'Labs', summary: 'take a lab down and leave nothing', load: async () => (await import('./down.ts')).downCommand }],
  ['ls', { group: 'Labs', summary: 'list the labs', load: async () => (await import('./ls.ts')).lsCommand }],
  [
    'inspect',
    { group: 'Inside a lab', summary: 'show what the kernel has', load: async () => (await import('./inspect.ts')).inspectCommand },
  ],
  ['exec', { group: 'Inside a lab', summary: 'run a command in nodes', load: async () => (await import('./exec.ts')).execCommand }],
  ['shell', { group: 'Inside a lab', summary: 'open a shell in a node', load: async () => (await import('./shell.ts')).shellCommand }],
  [
    'link',
    { group: 'Inside a lab', summary: 'show and change links while they run', load: async () => (await import('./link.ts')).linkCommand },
  ],
  ['plan', { group: 'Files', summary: 'show what up would do', load: async () => (await import('./plan.ts')).planCommand }],
  ['validate', { group: 'Files', summary: 'check a file', load: async () => (await import('./validate.ts')).validateCommand }],
  [
    'schema',
    { group: 'Files', summary: 'print the JSON Schema of the file', load: async () => (await import('./schema.ts')).schemaCommand },
  ],
  [
    'doctor',
    {
      group: 'This machine',
      summary: 'try what this kernel and user can do',
      load: async () => (await import('./doctor.ts')).doctorCommand,
    },
  ],
  [
    'completion',
    {
      group: 'This machine',
      summary: 'print the completion script of a shell',
      load: async () => (await import('./completion.ts')).completionCommand,
    },
  ],
])
