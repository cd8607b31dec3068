// `netlab capture`: which words are whose, and where the packets go.
import { mkdtempSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Library } from '../../../src/cli/library.ts'
import type { ChildStreams } from '../../../src/lab/run-child.ts'
import { libraryOf, netlab, type Outcome } from './fake-context.ts'

let folder: string
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'netlab-capture-'))))
afterEach(() => rmSync(folder, { recursive: true, force: true }))

interface Seen {
  readonly asked: unknown[]
  readonly streams: ChildStreams[]
}

async function capture(argv: readonly string[], code = 0): Promise<Outcome & Seen> {
  const seen: Seen = { asked: [], streams: [] }
  const captureCommand: Library['captureCommand'] = async (...words) => {
    seen.asked.push(words)
    return { file: 'nsexec', args: [], env: {} }
  }
  const outcome = await netlab(['capture', ...argv], {
    cwd: folder,
    library: { ...libraryOf({ name: 'dmz' }), captureCommand },
    runChild: async (_command, streams) => {
      seen.streams.push(streams)
      if (streams !== 'inherit' && 'stdoutFd' in streams) writeSync(streams.stdoutFd, 'packets')
      return code
    },
  })
  return { ...outcome, ...seen }
}

describe('capture', () => {
  it('shows packets on our own terminal, with the words for tcpdump behind --', async () => {
    const { asked, streams } = await capture(['h1:eth0', '--', 'icmp', '-c', '3'])
    expect(asked).toEqual([['dmz', 'h1:eth0', { asFile: false, words: ['icmp', '-c', '3'] }]])
    expect(streams).toEqual(['inherit'])
  })

  it('takes its own options behind the interface, too, and writes into the file', async () => {
    const { asked, code } = await capture(['dmz', 'h1', '-w', 'x.pcap'], 5)
    expect(asked).toEqual([['dmz', 'h1', { asFile: true, words: [] }]])
    expect(readFileSync(join(folder, 'x.pcap'), 'utf8')).toBe('packets')
    expect(code).toBe(5)
  })

  it('writes to stdout where the file is -', async () => {
    const { asked, streams } = await capture(['h1', '-w', '-'])
    expect(asked).toEqual([['dmz', 'h1', { asFile: true, words: [] }]])
    expect(streams).toEqual(['inherit'])
  })

  it('names the package where tcpdump is missing', async () => {
    const { code, stderr } = await capture(['h1'], 127)
    expect(code).toBe(3)
    expect(stderr).toContain('apt-get install tcpdump')
  })

  it('wants an interface, and a file that can be written', async () => {
    expect((await capture([])).stderr).toContain('Where?')
    const { code, asked, streams } = await capture(['h1', '-w', 'missing/x.pcap'])
    expect({ code, streams }).toEqual({ code: 2, streams: [] })
    expect(asked).toHaveLength(1)
  })
})
