/** The commands by name. Nothing of a command is loaded before it is called. */
import type { CommandDefinition } from './command.ts'

export interface CommandEntry {
  /** Heading in `netlab --help`. */
  readonly group: 'Labs' | 'Inside a lab' | 'Services' | 'Files' | 'This machine'
  readonly summary: string
  readonly load: () => Promise<CommandDefinition>
}

export const COMMANDS: ReadonlyMap<string, CommandEntry> = new Map<string, CommandEntry>([
  ['up', { group: 'Labs', summary: 'make the network run as the file says', load: async () => (await import('./up.ts')).upCommand }],
  ['down', { group: 'Labs', summary: 'take a lab down and leave nothing', load: async () => (await import('./down.ts')).downCommand }],
  ['ls', { group: 'Labs', summary: 'list the labs', load: async () => (await import('./ls.ts')).lsCommand }],
  ['test', { group: 'Labs', summary: 'prove what a file claims', load: async () => (await import('./test.ts')).testCommand }],
  [
    'inspect',
    { group: 'Inside a lab', summary: 'show what the kernel has', load: async () => (await import('./inspect.ts')).inspectCommand },
  ],
  ['tui', { group: 'Inside a lab', summary: 'see a lab live, and work in it', load: async () => (await import('./tui.ts')).tuiCommand }],
  [
    'events',
    { group: 'Inside a lab', summary: 'tell what changes in a lab', load: async () => (await import('./events.ts')).eventsCommand },
  ],
  [
    'capture',
    {
      group: 'Inside a lab',
      summary: 'show or save the packets of an interface',
      load: async () => (await import('./capture.ts')).captureCommand,
    },
  ],
  [
    'trace',
    { group: 'Inside a lab', summary: 'follow a packet through a lab', load: async () => (await import('./trace.ts')).traceCommand },
  ],
  ['exec', { group: 'Inside a lab', summary: 'run a command in nodes', load: async () => (await import('./exec.ts')).execCommand }],
  ['shell', { group: 'Inside a lab', summary: 'open a shell in a node', load: async () => (await import('./shell.ts')).shellCommand }],
  [
    'link',
    { group: 'Inside a lab', summary: 'show and change links while they run', load: async () => (await import('./link.ts')).linkCommand },
  ],
  ['ps', { group: 'Services', summary: 'list the services of a lab', load: async () => (await import('./ps.ts')).psCommand }],
  ['logs', { group: 'Services', summary: 'show what services have printed', load: async () => (await import('./logs.ts')).logsCommand }],
  [
    'start',
    { group: 'Services', summary: 'start services of a node', load: async () => (await import('./service-control.ts')).startCommand },
  ],
  ['stop', { group: 'Services', summary: 'stop services of a node', load: async () => (await import('./service-control.ts')).stopCommand }],
  [
    'restart',
    { group: 'Services', summary: 'restart services of a node', load: async () => (await import('./service-control.ts')).restartCommand },
  ],
  [
    'kill',
    {
      group: 'Services',
      summary: 'send a signal to services of a node',
      load: async () => (await import('./service-control.ts')).killCommand,
    },
  ],
  ['learn', { group: 'Files', summary: 'list the labs that teach', load: async () => (await import('./learn.ts')).learnCommand }],
  ['init', { group: 'Files', summary: 'copy a lab to start from', load: async () => (await import('./init.ts')).initCommand }],
  [
    'import',
    { group: 'Files', summary: "make a file of another tool's lab", load: async () => (await import('./import.ts')).importCommand },
  ],
  ['export', { group: 'Files', summary: 'make a lab for containerlab', load: async () => (await import('./export.ts')).exportCommand }],
  ['plan', { group: 'Files', summary: 'show what up would do', load: async () => (await import('./plan.ts')).planCommand }],
  ['graph', { group: 'Files', summary: 'draw a lab', load: async () => (await import('./graph.ts')).graphCommand }],
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
    'prune',
    {
      group: 'This machine',
      summary: 'remove unpacked images that no lab has',
      load: async () => (await import('./prune.ts')).pruneCommand,
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
