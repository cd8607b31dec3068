/** A holder without a lab: started, spoken to and ended by hand. native/hold.c tells the protocol. */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Writable } from 'node:stream'
import { AF_UNIX, close, connectUnix, receiveDescriptors, sendDescriptors, SOCK_SEQPACKET, socket } from '../../src/linux/libc.ts'

export interface LiveHolder {
  readonly pid: number
  readonly directory: string
  /** The engine's end of the pipe: "C" commits the lab, its closing ends one that is not committed. */
  readonly lifeline: Writable
  /** Descriptors that the holder has open. */
  descriptors(): number
  /** Whether it runs. */
  isAlive(): boolean
  /** Ends it and removes its directory. */
  remove(): void
}

/** Starts `program hold` in a new directory under /tmp, with root's rights over namespaces of its own. */
export async function startHolder(program: string, subdirectory = ''): Promise<LiveHolder> {
  const top = mkdtempSync(join(tmpdir(), 'netlab-holder-'))
  const directory = join(top, subdirectory)
  mkdirSync(directory, { recursive: true })
  const child = spawn(program, ['world', program, 'hold', directory], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    // The sanitizer's leak check stops processes by ptrace, which PID 1 of a namespace cannot do to itself.
    env: { ...process.env, ASAN_OPTIONS: 'detect_leaks=0' },
  })
  const pid = await firstWords(child).catch((error: unknown) => {
    rmSync(top, { recursive: true })
    throw error
  })
  return {
    pid,
    directory,
    lifeline: child.stdio[3] as Writable,
    descriptors: () => readdirSync(`/proc/${pid}/fd`).length,
    isAlive: () => existsSync(`/proc/${pid}`) && !/^\d+ \(.*\) Z/s.test(readFileSync(`/proc/${pid}/stat`, 'utf8')),
    remove: () => {
      try {
        process.kill(pid, 'SIGKILL')
      } catch {
        // It has ended.
      }
      child.stdio[3]?.destroy()
      rmSync(top, { recursive: true })
    },
  }
}

/** The pid, when the holder is ready: either line may be first. */
async function firstWords(child: ChildProcess): Promise<number> {
  let output = ''
  let errors = ''
  child.stderr!.on('data', (bytes: Buffer) => (errors += bytes.toString()))
  for await (const bytes of child.stdout!) {
    output += String(bytes)
    const pid = /^(\d+)\n/m.exec(output)?.[1]
    if (pid !== undefined && output.includes('ready\n')) return Number(pid)
  }
  throw new Error(`the holder did not start: ${errors}`)
}

/** A connection to a holder. Whoever opens it closes it. */
export interface Client {
  send(text: string, descriptors?: readonly number[]): void
  /** The next answer; '' when the holder has closed. Descriptors that come with it are closed. */
  receive(): string
  ask(text: string, descriptors?: readonly number[]): string
  close(): void
}

export function connect(holder: LiveHolder): Client {
  const fd = socket(AF_UNIX, SOCK_SEQPACKET, 0)
  const home = process.cwd()
  process.chdir(holder.directory)
  try {
    connectUnix(fd, 'holder.sock')
  } finally {
    process.chdir(home)
  }
  const client: Client = {
    send: (text, descriptors = []) => sendDescriptors(fd, text, descriptors),
    receive: () => {
      const { text, descriptors } = receiveDescriptors(fd)
      descriptors.forEach(close)
      return text
    },
    ask: (text, descriptors) => {
      client.send(text, descriptors)
      return client.receive()
    },
    close: () => close(fd),
  }
  return client
}

/** Waits for a child's end: its exit status, or the signal that ended it. */
export async function ended(child: ChildProcess): Promise<{ code: number | null; signal: NodeJS.Signals | null }> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal }
}
