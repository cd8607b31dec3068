/** `ports`: a port of the machine that leads into a node, for root and anybody else, and goes with the lab. */
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { connect, createServer, type AddressInfo } from 'node:net'
import { expect } from 'vitest'
import { diagnosticOf, test } from '../support/live-lab.ts'
import { needs } from '../support/needs.ts'

/** A port that nothing listened on a moment ago. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

/** Sends the text and the end of it; resolves with all that comes back, or with the error's code. */
async function exchange(port: number, text: string): Promise<string> {
  const socket = connect(port, '127.0.0.1')
  let answer = ''
  socket.on('data', (bytes) => (answer += bytes.toString()))
  socket.end(text)
  try {
    await once(socket, 'close')
    return answer
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? ''
  }
}

/** A server that answers with what it is sent, when it has all of it. */
const ECHO = `
import socket, sys, threading
kind = socket.SOCK_DGRAM if sys.argv[1] == 'udp' else socket.SOCK_STREAM
server = socket.socket(socket.AF_INET, kind)
server.bind((sys.argv[2], int(sys.argv[3])))
if kind == socket.SOCK_DGRAM:
    while True:
        data, client = server.recvfrom(65536)
        server.sendto(data, client)
server.listen()
def serve(client):
    data = b''.join(iter(lambda: client.recv(65536), b''))
    client.sendall(data)
    client.close()
while True: threading.Thread(target=serve, args=[server.accept()[0]]).start()
`

test('a published port must lead to what listens in the node, and be free again after `down`', async ({ lab, skip }) => {
  needs({ skip }, 'command:python3')
  const [tcp, bound, udp] = [await freePort(), await freePort(), await freePort()]
  lab.write('echo.py', ECHO)
  const yaml = (port: number): string => `
nodes:
  web:
    files: { /etc/echo.py: { from: echo.py } }
    services:
      any: { run: "exec python3 /etc/echo.py tcp 0.0.0.0 80", ready: { tcp: 80 } }
      own: { run: "exec python3 /etc/echo.py tcp 10.0.0.1 81", ready: { tcp: 81 } }
      datagrams: { run: "exec python3 /etc/echo.py udp 0.0.0.0 53", ready: { udp: 53 } }
    ports: ["${port}:80", "127.0.0.1:${bound}:81/tcp", "${udp}:53/udp"]
  h1:
links: [{ endpoints: [web, h1], subnet: 10.0.0.0/24 }]
`
  await lab.up(yaml(tcp))
  expect((await lab.up(yaml(tcp))).plan.operations).toEqual([])
  // More than fits any buffer on the way, on several connections at once.
  const text = 'x'.repeat(2_000_000)
  const answers = await Promise.all([exchange(tcp, text), exchange(tcp, 'short'), exchange(bound, 'to its address'), exchange(bound, '')])
  expect(answers.map(({ length }) => length)).toEqual([text.length, 5, 14, 0])
  expect(answers.slice(1)).toEqual(['short', 'to its address', ''])

  const socket = createSocket('udp4')
  socket.send('question', udp, '127.0.0.1')
  const [answer] = (await once(socket, 'message')) as [Buffer]
  socket.close()
  expect(answer.toString()).toBe('question')

  const moved = await freePort()
  expect((await lab.up(yaml(moved))).plan.operations.map(({ type }) => type)).toEqual(['stop service', 'start service'])
  expect(await exchange(moved, 'moved')).toBe('moved')
  expect(await exchange(tcp, '')).toBe('ECONNREFUSED')
  await lab.down()
  expect(await exchange(moved, '')).toBe('ECONNREFUSED')
})

test('a port that is taken must be told with its line before anything is made', async ({ lab }) => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const error = await lab.refusal(`nodes:\n  web:\n    ports:\n      - "${port}:80"\n`)
  const diagnostic = diagnosticOf(error, 'PORT_TAKEN')
  expect(diagnostic.detail).toBe(`tcp port ${port} of 127.0.0.1 cannot be published: another program listens there. Nothing was made.`)
  expect([diagnostic.origin?.line, diagnostic.origin?.column]).toEqual([4, 9])
  await new Promise((resolve) => server.close(resolve))
})
