/** `run`, `http`, `dns`: what programs in the nodes say. */
import { randomInt } from 'node:crypto'
import { request, type IncomingMessage } from 'node:http'
import { Duplex } from 'node:stream'
import type { Flow } from '../linux/flow/flow.ts'
import type { DnsExpectation, HttpExpectation, Pattern, RunExpectation } from '../topology/tests/test.ts'
import { answerWords } from '../lab/answer.ts'
import type { Evaluation, FirstMiss } from './evaluation.ts'
import { mismatchAt } from './json-path.ts'
import { pairWords } from './path.ts'
import type { Session } from './session.ts'

const TIMEOUT_MS = 5000

export async function evaluateRun(session: Session, expectation: RunExpectation, timeoutMs?: number): Promise<Evaluation> {
  const { nodes, argv, words } = { ...expectation, words: expectation.argv.at(-1)! }
  const misses = await Promise.all(
    nodes.map(async (node): Promise<FirstMiss[]> => {
      const finished = await session
        .exec(node, argv, timeoutMs)
        .catch((error: unknown) => (error instanceof Error ? error.message : String(error)))
      const problem = typeof finished === 'string' ? { expected: 'that it ends', seen: finished } : problemOf(expectation, finished)
      return problem === undefined ? [] : [{ words: `${node}: ${words}`, ...problem }]
    }),
  )
  return { asked: nodes.length, misses: misses.flat() }
}

type Problem = Pick<FirstMiss, 'expected' | 'seen'>

function problemOf(
  { exit, stdout, stderr, json }: RunExpectation,
  finished: { readonly status: number; readonly stdout: string; readonly stderr: string },
): Problem | undefined {
  const said = shortened(finished.stderr.trim() || finished.stdout.trim())
  if (finished.status !== exit) return { expected: `exit ${exit}`, seen: `exit ${finished.status}${said === '' ? '' : `: ${said}`}` }
  for (const [name, pattern] of Object.entries({ stdout, stderr })) {
    const text = finished[name as 'stdout' | 'stderr']
    if (pattern !== undefined && !matches(pattern, text))
      return { expected: `${name} with ${pattern.text}`, seen: shortened(text.trim()) || 'nothing' }
  }
  return json.length === 0 ? undefined : jsonProblem(json, finished.stdout)
}

function jsonProblem(json: RunExpectation['json'], text: string): Problem | undefined {
  let root: unknown
  try {
    root = JSON.parse(text)
  } catch {
    return { expected: 'JSON', seen: shortened(text.trim()) || 'nothing' }
  }
  for (const [path, wanted] of json) {
    const seen = mismatchAt(root, path, wanted)
    if (seen !== undefined) return { expected: `${path} = ${JSON.stringify(wanted)}`, seen: shortened(seen) }
  }
  return undefined
}

export function matches({ text, regExp }: Pattern, value: string): boolean {
  return regExp === undefined ? value.includes(text) : new RegExp(regExp.source, regExp.flags).test(value)
}

/** Enough to see what it is. */
function shortened(text: string): string {
  const lines = text.split('\n')
  const shown = lines.slice(0, 5).map((line) => (line.length > 200 ? `${line.slice(0, 200)}…` : line))
  return [...shown, ...(lines.length > 5 ? [`… ${lines.length - 5} more lines`] : [])].join('\n')
}

export async function evaluateHttp(session: Session, expectation: HttpExpectation, timeoutMs = TIMEOUT_MS): Promise<Evaluation> {
  const { pairs, port, path } = expectation
  const flows = pairs.map(({ from, to }): Flow => {
    const text = `GET ${path} HTTP/1.1\r\nHost: ${expectation.host ?? to.text}\r\nUser-Agent: netlab\r\nAccept: */*\r\nConnection: close\r\n\r\n`
    return { kind: 'tcp', from, to: to.address, port, timeoutMs, payload: Buffer.from(text) }
  })
  const answers = await session.flows(flows)
  const misses = await Promise.all(
    pairs.map(async (pair, index): Promise<FirstMiss[]> => {
      const [flow, answer] = [flows[index]!, answers[index]!]
      const words = `${pairWords(pair)} http ${path}`
      const expected = `status ${expectation.status}`
      if (answer.outcome !== 'answered')
        return [{ words, expected, seen: answerWords(flow, answer, session.nameOf), flow, wantsAnswer: true }]
      const response = await parseResponse(Buffer.from(answer.payload ?? [])).catch(() => undefined)
      if (response === undefined)
        return [
          {
            words,
            expected,
            seen: `no HTTP: ${
              shortened(
                Buffer.from(answer.payload ?? [])
                  .toString()
                  .trim(),
              ) || 'nothing'
            }`,
          },
        ]
      const problem = httpProblem(expectation, response)
      return problem === undefined ? [] : [{ words, ...problem }]
    }),
  )
  return { asked: pairs.length, misses: misses.flat() }
}

interface HttpResponse {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: string
}

function httpProblem({ status, header, body }: HttpExpectation, response: HttpResponse): Problem | undefined {
  if (response.status !== status) return { expected: `status ${status}`, seen: `status ${response.status}` }
  for (const [name, pattern] of header) {
    const value = String(response.headers[name] ?? '')
    if (!matches(pattern, value)) return { expected: `${name}: ${pattern.text}`, seen: value === '' ? 'no such header' : value }
  }
  if (body === undefined || matches(body, response.body)) return undefined
  return { expected: `a body with ${body.text}`, seen: shortened(response.body.trim()) || 'an empty body' }
}

/** Node's own parser reads the answer, from a connection that gives what was received. */
function parseResponse(bytes: Buffer): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const connection = new Duplex({
      read: () => undefined,
      write: (_chunk, _encoding, done) => {
        done()
        connection.push(bytes)
        connection.push(null)
      },
    })
    const asking = request({ createConnection: () => connection }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => parts.push(part))
      response.on('error', reject)
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts).toString() }),
      )
    })
    asking.on('error', reject)
    asking.end()
  })
}

const DNS_PORT = 53

export async function evaluateDns(session: Session, expectation: DnsExpectation, timeoutMs = TIMEOUT_MS): Promise<Evaluation> {
  const { decode, encode, RECURSION_DESIRED } = (await import('dns-packet')).default // a CommonJS package, whose names a bundle does not tell
  const { pairs, name, type, answer: wanted, rcode } = expectation
  const flows = pairs.map(({ from, to }): Flow => {
    const payload = encode({ type: 'query', id: randomInt(65536), flags: RECURSION_DESIRED, questions: [{ type: type as 'A', name }] })
    return { kind: 'udp', from, to: to.address, port: DNS_PORT, payload, timeoutMs }
  })
  const answers = await session.flows(flows)
  const misses = pairs.flatMap((pair, index): FirstMiss[] => {
    const [flow, answer] = [flows[index]!, answers[index]!]
    const words = `${pairWords(pair)} dns ${name} ${type}`
    const expected = rcode === 'NOERROR' ? wanted.join(', ') || 'an answer' : rcode
    if (answer.outcome !== 'answered')
      return [{ words, expected, seen: answerWords(flow, answer, session.nameOf), flow, wantsAnswer: true }]
    const reply = decode(Buffer.from(answer.payload ?? []))
    const code = 'rcode' in reply ? String(reply.rcode) : 'NOERROR'
    const data = (reply.answers ?? []).flatMap((record) => ('data' in record && record.type === type ? [dataText(record.data)] : []))
    const isGood =
      code === rcode && (rcode !== 'NOERROR' || (wanted.length === 0 ? data.length > 0 : wanted.every((each) => data.includes(each))))
    return isGood ? [] : [{ words, expected, seen: code === 'NOERROR' ? data.join(', ') || 'no record' : code }]
  })
  return { asked: pairs.length, misses }
}

function dataText(data: unknown): string {
  if (typeof data === 'string') return data
  if (Buffer.isBuffer(data)) return data.toString()
  return Array.isArray(data) ? data.map(dataText).join('') : JSON.stringify(data)
}
