/** `netlab capture`: the packets of an interface must come out of the lab, at a node and at a port of a bridge. */
import { describe, expect, test as onShared } from 'vitest'
import { captureCommand } from '../../src/lab/capture.ts'
import { runChild } from '../../src/lab/run-child.ts'
import { sharedLab } from '../support/live-lab.ts'

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

  onShared('a bridge has several ports: the finding names them', () => {
    expect(() => captureCommand(lab.name, 'lan', { asFile: false, words: [] })).toThrow('lan:h1.eth0, lan:h2.eth0')
  })
})
