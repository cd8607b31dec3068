/** A headless Chromium, spoken to over a pipe: https://chromedevtools.github.io/devtools-protocol/ */
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Readable, Writable } from 'node:stream'

export interface Page {
  /** The value of an expression in the page. Errors: with the page's own words where it throws. */
  evaluate<Value>(expression: string): Promise<Value>
  mouse(type: 'mousePressed' | 'mouseReleased' | 'mouseMoved' | 'mouseWheel', x: number, y: number, more?: object): Promise<void>
  press(key: string): Promise<void>
  type(text: string): Promise<void>
  /** As on a device whose user has chosen dark. */
  darken(): Promise<void>
  /** Whatever the console, the security policy or the network had to say. */
  readonly complaints: readonly string[]
  readonly requests: readonly string[]
  close(): Promise<void>
}

interface Message {
  readonly id?: number
  readonly method?: string
  readonly params?: {
    readonly request?: { readonly url: string }
    readonly entry?: { readonly text: string }
    readonly exceptionDetails?: object
  }
  readonly result?: object
  readonly error?: { readonly message: string }
}

/** Opens a file in a window of 1200 by 800. */
export async function openPage(path: string): Promise<Page> {
  const profile = mkdtempSync(join(tmpdir(), 'netlab-chromium-'))
  const options = ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--remote-debugging-pipe', '--window-size=1200,800']
  const child = spawn('chromium', [...options, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  })
  const [writer, reader] = [child.stdio[3] as Writable, child.stdio[4] as Readable]
  const waiting = new Map<number, { resolve: (result: object) => void; reject: (error: Error) => void }>()
  const events = new Map<string, () => void>()
  const complaints: string[] = []
  const requests: string[] = []
  const ended = new Promise<void>((resolve) =>
    child.once('exit', () => {
      for (const { reject } of waiting.values()) reject(new Error('Chromium has ended'))
      resolve()
    }),
  )
  let last = 0
  let rest = ''
  const answered = ({ id = 0, result = {}, error }: Message): void => {
    const asked = waiting.get(id)
    waiting.delete(id)
    if (error === undefined) asked?.resolve(result)
    else asked?.reject(new Error(error.message))
  }
  const happened = ({ method = '', params = {} }: Message): void => {
    if (method === 'Network.requestWillBeSent') requests.push(params.request?.url ?? '')
    if (method === 'Log.entryAdded') complaints.push(params.entry?.text ?? '')
    if (method === 'Runtime.exceptionThrown') complaints.push(JSON.stringify(params.exceptionDetails))
    events.get(method)?.()
  }
  reader.setEncoding('utf8').on('data', (text: string) => {
    const parts = (rest + text).split('\0')
    rest = parts.pop() ?? ''
    for (const message of parts.map((part) => JSON.parse(part) as Message)) (message.id === undefined ? happened : answered)(message)
  })
  const ask = (method: string, params: object, sessionId?: string): Promise<object> =>
    new Promise((resolve, reject) => {
      waiting.set(++last, { resolve, reject })
      writer.write(`${JSON.stringify({ id: last, method, params, ...(sessionId !== undefined && { sessionId }) })}\0`)
    })
  const { targetId } = (await ask('Target.createTarget', { url: 'about:blank' })) as { targetId: string }
  const { sessionId } = (await ask('Target.attachToTarget', { targetId, flatten: true })) as { sessionId: string }
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await ask(`${domain}.enable`, {}, sessionId)
  const loaded = new Promise<void>((resolve) => events.set('Page.loadEventFired', resolve))
  await ask('Page.navigate', { url: `file://${path}` }, sessionId)
  await loaded
  return {
    complaints,
    requests,
    evaluate: async <Value>(expression: string) => {
      const answer = (await ask('Runtime.evaluate', { expression, returnByValue: true }, sessionId)) as {
        result: { value: Value }
        exceptionDetails?: object
      }
      if (answer.exceptionDetails !== undefined) throw new Error(JSON.stringify(answer.exceptionDetails))
      return answer.result.value
    },
    mouse: async (type, x, y, more = {}) => {
      const button = type === 'mouseWheel' ? 'none' : 'left'
      await ask('Input.dispatchMouseEvent', { type, x, y, button, buttons: 1, clickCount: 1, ...more }, sessionId)
    },
    press: async (key) => {
      const text = key.length === 1 ? { text: key } : key === 'Enter' ? { text: '\r' } : {}
      await ask('Input.dispatchKeyEvent', { type: 'keyDown', key, ...text }, sessionId)
      await ask('Input.dispatchKeyEvent', { type: 'keyUp', key }, sessionId)
    },
    type: async (text) => {
      await ask('Input.insertText', { text }, sessionId)
    },
    darken: async () => {
      await ask('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: 'dark' }] }, sessionId)
    },
    close: async () => {
      await ask('Browser.close', {}).catch(() => undefined) // it may be gone before it answers
      await ended
      rmSync(profile, { recursive: true, force: true })
    },
  }
}
