// Measures what packets meet: a sink in one node, a source in another, one clock for both (CLOCK_MONOTONIC of the one kernel).
//   sink          receives on UDP and TCP port 9000 until nothing has come for three seconds; prints what came, as JSON
//   source JOBS   sends one job after the other; JOBS is JSON: [{ "to", "count", "gapUs", "bytes" } | { "to", "tcpBytes" }]
import { createSocket } from 'node:dgram'
import { connect, createServer } from 'node:net'

const PORT = 9000
const IDLE_MS = 3000
const HEADER_BYTES = 16

/** @typedef {{ to: string, count?: number, gapUs?: number, bytes?: number, tcpBytes?: number }} Job */
/** @typedef {{ arrivals: [sequence: number, sentNs: number, arrivedNs: number][], tcp?: { bytes: number, ns: number } }} Received */

const now = () => Number(process.hrtime.bigint())

/** Arrivals by job; of TCP, the bytes and the time from the first to the last. */
async function sink() {
  /** @type {Record<string, Received>} */
  const received = {}
  const jobOf = (/** @type {number} */ job) => (received[job] ??= { arrivals: [] })
  let lastNs = 0
  const udp = createSocket({ type: 'udp4', recvBufferSize: 1 << 22 })
  udp.on('message', (packet) => {
    const arrivedNs = (lastNs = now())
    if (packet.length < HEADER_BYTES) return
    jobOf(packet.readUInt32LE(0)).arrivals.push([packet.readUInt32LE(4), Number(packet.readBigUInt64LE(8)), arrivedNs])
  })
  const tcp = createServer((socket) => {
    let firstNs = 0
    let bytes = 0
    /** @type {number | undefined} */
    let job
    socket.on('data', (data) => {
      lastNs = now()
      job ??= data.readUInt32LE(0)
      // What came with the first piece took no measured time.
      if (firstNs === 0) firstNs = lastNs
      else bytes += data.length
      jobOf(job).tcp = { bytes, ns: lastNs - firstNs }
    })
    socket.on('error', () => undefined)
  })
  await new Promise((resolve) => tcp.listen(PORT, () => resolve(undefined)))
  await new Promise((resolve) => udp.bind(PORT, () => resolve(undefined)))
  console.error('ready')
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (lastNs === 0 || now() - lastNs < IDLE_MS * 1e6) return
      clearInterval(timer)
      resolve(undefined)
    }, 100)
  })
  udp.close()
  tcp.close()
  process.stdout.write(JSON.stringify(received), () => process.exit(0))
}

/** @param {Job[]} jobs */
async function source(jobs) {
  const udp = createSocket({ type: 'udp4', sendBufferSize: 1 << 22 })
  for (const [index, job] of jobs.entries()) {
    if (job.tcpBytes !== undefined) await sendTcp(index, job.to, job.tcpBytes)
    else await sendUdp(udp, index, job)
    // What the job has on its way arrives before the next begins.
    await new Promise((resolve) => setTimeout(resolve, 300))
  }
  udp.close()
}

/** @param {import('node:dgram').Socket} udp @param {number} index @param {Job} job */
async function sendUdp(udp, index, { to, count = 100, gapUs = 1000, bytes = 100 }) {
  // The first finds out who has the address, and would wait for that.
  udp.send(Buffer.from('first'), PORT, to)
  await new Promise((resolve) => setTimeout(resolve, 300))
  const start = now()
  for (let sequence = 0; sequence < count; sequence++) {
    const packet = Buffer.alloc(bytes)
    packet.writeUInt32LE(index, 0)
    packet.writeUInt32LE(sequence, 4)
    while (now() < start + sequence * gapUs * 1000) await new Promise((resolve) => setImmediate(resolve))
    packet.writeBigUInt64LE(process.hrtime.bigint(), 8)
    await new Promise((resolve) => udp.send(packet, PORT, to, () => resolve(undefined)))
  }
}

/** @param {number} index @param {string} to @param {number} bytes */
async function sendTcp(index, to, bytes) {
  const socket = connect(PORT, to)
  const data = Buffer.alloc(bytes)
  data.writeUInt32LE(index, 0)
  await new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () => resolve(undefined))
    socket.end(data)
    socket.resume()
  })
}

// Run by --eval: there is no file's name among the arguments.
const [verb, jobs] = process.argv.slice(1)
await (verb === 'sink' ? sink() : source(JSON.parse(jobs ?? '[]')))
