/** TCP without a tool that may be missing: this Node itself, inside the nodes. */
import type { LabNode } from '../../src/index.ts'

/** `open`: a server took the connection. `closed`: the host answered that nobody listens. `silent`: nothing came back. */
export type TcpAnswer = 'open' | 'closed' | 'silent'

const SERVER = `
  const server = require('net').createServer((socket) => socket.end())
  server.listen(Number(process.argv[1]), () => require('fs').writeFileSync('/run/listening', ''))
`
const CLIENT = `
  const socket = require('net').connect({ host: process.argv[1], port: Number(process.argv[2]), timeout: 1000 })
  const say = (words) => process.stdout.write(words, () => process.exit())
  socket.on('connect', () => say('open')).on('timeout', () => say('silent'))
  socket.on('error', (error) => say(error.code === 'ECONNREFUSED' ? 'closed' : error.code))
`

/** Listens on a port of a node; resolves when it does. What it returns stops it. */
export async function serveTcp(node: LabNode, port: number): Promise<() => Promise<void>> {
  const stop = new AbortController()
  let failure = ''
  const serving = node.exec([process.execPath, '-e', SERVER, String(port)], { signal: stop.signal }).then(
    ({ stderr }) => void (failure = stderr),
    () => undefined, // the abort below
  )
  while ((await node.exec(['test', '-e', '/run/listening'])).status !== 0) if (failure !== '') throw new Error(failure)
  return async () => {
    stop.abort()
    await serving
  }
}

/** Tries to connect from a node. */
export async function probeTcp(node: LabNode, host: string, port: number): Promise<TcpAnswer> {
  const { stdout, stderr } = await node.exec([process.execPath, '-e', CLIENT, host, String(port)])
  if (stdout === 'open' || stdout === 'closed' || stdout === 'silent') return stdout
  throw new Error(`${node.name} to ${host}:${port}: ${stdout}${stderr}`)
}
