/**
 * A lab for one test of the live tier: under a name of its own, taken down when the test is over, however it ended.
 * NETLAB_KEEP_FAILED=1 leaves the lab of a failed test running and says how to enter it.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, test as base, beforeAll, beforeEach, expect, vi } from 'vitest'
import { labDirectory } from '../../src/lab/directory.ts'
import {
  DiagnosticError,
  LabNode,
  down,
  drift,
  up,
  type Diagnostic,
  type Operation,
  type UpOptions,
  type UpResult,
} from '../../src/index.ts'
import { missingRequirement, needs, type Requirement } from './needs.ts'

/** The state.json of a lab, as far as tests look into it. */
export interface LabNotes {
  readonly holderPid: number
  readonly hostLinks: readonly string[]
}

export interface LiveLab {
  /** Has the pid of this process in it: nobody else's lab bears it. */
  readonly name: string
  /** A directory for the test's files, which goes with the lab. */
  readonly folder: string
  /** Its notes on this machine, whether or not they are there. */
  readonly directory: string
  /** Writes a file into the folder and returns its path. */
  write(path: string, text: string): string
  /** Writes the YAML text to lab.yaml in the folder and brings it up, or changes the running lab into it. */
  up(yaml: string, options?: UpOptions): Promise<UpResult>
  /** What `up` says of a file that cannot be brought up. Fails when it can. */
  refusal(yaml: string, options?: UpOptions): Promise<DiagnosticError>
  /** What would bring the lab back to its file. */
  drift(): Promise<readonly Operation[]>
  down(): Promise<void>
  node(name: string): LabNode
  /** Standard output of a shell line in a node; fails where the line does. */
  sh(node: string, script: string): Promise<string>
  /** `ip -j WORDS` in a node. */
  ip(node: string, words: string): Promise<Record<string, unknown>[]>
  notes(): LabNotes
  /** Takes the lab down where it is up, and its folder away. The lab may be brought up again. */
  remove(): Promise<void>
}

/** What every lab of these tests needs. */
const REQUIREMENTS: readonly Requirement[] = ['command:ip', 'command:ping', ...(process.getuid?.() === 0 ? [] : (['userns'] as const))]

let count = 0

/** vitest's test, with a lab of its own. Skips where this user cannot have one. */
export const test = base.extend<{ lab: LiveLab }>({
  lab: async ({ task, skip }, use) => {
    needs({ skip }, ...REQUIREMENTS)
    const lab = new TestLab()
    await use(lab)
    if (task.result?.state === 'fail' && process.env['NETLAB_KEEP_FAILED'] === '1' && existsSync(lab.directory)) {
      process.stderr.write(`The lab ${lab.name} is kept. To enter it: netlab shell ${lab.name} NODE. Its file: ${lab.folder}/lab.yaml\n`)
      return
    }
    await lab.remove()
  },
})

/** A further lab. The caller removes it. */
export function newLab(): LiveLab {
  return new TestLab()
}

/** One lab for all tests of a `describe`, for those that only look at it. `more`: what it needs beyond the usual. */
export function sharedLab(yaml: string, ...more: readonly Requirement[]): LiveLab {
  const lab = new TestLab()
  const requirements = [...REQUIREMENTS, ...more]
  beforeAll(async () => {
    if (requirements.every((requirement) => missingRequirement(requirement) === undefined)) await lab.up(yaml)
  })
  beforeEach((context) => {
    needs(context, ...requirements)
  })
  afterAll(() => lab.remove())
  return lab
}

class TestLab implements LiveLab {
  readonly name = `t${process.pid}-${++count}`
  #folder: string | undefined

  get folder(): string {
    this.#folder ??= mkdtempSync(join(tmpdir(), 'netlab-live-'))
    return this.#folder
  }

  get directory(): string {
    return labDirectory(this.name)
  }

  write(path: string, text: string): string {
    const full = join(this.folder, path)
    mkdirSync(dirname(full), { recursive: true })
    writeFileSync(full, text)
    return full
  }

  async up(yaml: string, options: UpOptions = {}): Promise<UpResult> {
    return (await up(this.write('lab.yaml', yaml), { ...options, name: this.name })).report
  }

  async refusal(yaml: string, options: UpOptions = {}): Promise<DiagnosticError> {
    try {
      await this.up(yaml, options)
    } catch (error) {
      if (error instanceof DiagnosticError) return error
      throw error
    }
    throw new Error('The lab came up; it was to be refused')
  }

  drift(): Promise<readonly Operation[]> {
    return drift(this.name)
  }

  async down(): Promise<void> {
    await down(this.name)
  }

  node(name: string): LabNode {
    return new LabNode(this.name, name)
  }

  async sh(node: string, script: string): Promise<string> {
    const { status, stdout, stderr } = await this.node(node).exec(['sh', '-c', script])
    if (status !== 0) throw new Error(`${node}: ${script}\nended with status ${status}\n${stdout}${stderr}`)
    return stdout
  }

  async ip(node: string, words: string): Promise<Record<string, unknown>[]> {
    return JSON.parse((await this.sh(node, `ip -j ${words}`)) || '[]') as Record<string, unknown>[]
  }

  notes(): LabNotes {
    return JSON.parse(readFileSync(join(this.directory, 'state.json'), 'utf8')) as LabNotes
  }

  async remove(): Promise<void> {
    // A program that the test has left may not be done with the lab yet.
    await vi.waitFor(() => (existsSync(this.directory) ? this.down() : undefined), { timeout: 10_000, interval: 100 })
    if (this.#folder !== undefined) rmSync(this.#folder, { recursive: true })
    this.#folder = undefined
  }
}

/** Fails unless one diagnostic has the code; returns the first that has. */
export function diagnosticOf(error: DiagnosticError, code: Diagnostic['code']): Diagnostic {
  expect(error.diagnostics.map((diagnostic) => diagnostic.code)).toContain(code)
  return error.diagnostics.find((diagnostic) => diagnostic.code === code)!
}
