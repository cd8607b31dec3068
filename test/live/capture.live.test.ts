/** `netlab capture`: the packets of an interface must come out of the lab, at a node and at a port of a bridge. */
import { closeSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test as onShared, vi } from 'vitest'
import { captureCommand } from '../../src/lab/capture.ts'
import { runChild } from '../../src/lab/run-child.ts'
import { sharedLab } from '../support/live-lab.ts'

/** Bytes. pcap-savefile(5), and an echo of `ping` with its 56 bytes. */
const [PCAP_HEAD, PACKET_HEAD, PING] = [24, 16, 98]

describe('captures', () => {
  const lab = sharedLab(
    `
nodes: { h1: {}, h2: {} }
bridges: { lan: { subnet: 10.0.0.0/24 } }
links: [[h1, lan], [h2, lan]]
`,
    'command:tcpdump',
  )

  onShared.each(['h1:eth0', 'h1', 'lan:h2.eth0'])('%s must show a ping', async (word) => {
    const lines: string[] = []
    const command = captureCommand(lab.name, word, { asFile: false, words: ['-c', '2', 'icmp'] })
    let listens: () => void = () => undefined
    const listening = new Promise<void>((resolve) => (listens = resolve))
    const done = runChild(command, {
      onStdout: (line) => lines.push(line),
      onStderr: (line) => line.includes('listening on') && listens(),
    })
    await listening
    await lab.sh('h1', 'ping -c 1 10.0.0.2')
    expect(await done).toBe(0)
    expect(lines.map((line) => line.replace(/^.* IP /, '').replace(/ id .*/, ''))).toEqual([
      '10.0.0.1 > 10.0.0.2: ICMP echo request,',
      '10.0.0.2 > 10.0.0.1: ICMP echo reply,',
    ])
  })

  onShared('packets must come into a file of ours', async () => {
    const path = join(lab.folder, 'h1.pcap')
    const fd = openSync(path, 'w')
    const command = captureCommand(lab.name, 'h1:eth0', { asFile: true, words: ['-c', '2', 'icmp'] })
    const done = runChild(command, { stdoutFd: fd })
    // The head of the file is written when it listens.
    await vi.waitFor(() => expect(statSync(path).size).toBe(PCAP_HEAD), { timeout: 5000 })
    await lab.sh('h1', 'ping -c 1 10.0.0.2')
    expect(await done).toBe(0)
    closeSync(fd)
    expect(statSync(path).size).toBe(PCAP_HEAD + 2 * (PACKET_HEAD + PING))
  })

  onShared('a bridge has several ports: the finding names them', () => {
    expect(() => captureCommand(lab.name, 'lan', { asFile: false, words: [] })).toThrow('lan:h1.eth0, lan:h2.eth0')
  })
})
