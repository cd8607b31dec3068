// A client that dies in the middle of `up`: brings FILE up as NAME, SLICE operations at a time, and kills itself, as kill -9 would, when the
// engine reports the Nth, or at the stage AT. Prints the number of operations when it gets through.
// usage: node crash-up.js FILE NAME AT SLICE
import process from 'node:process'

// Behind a variable: the type check does not look into what is built.
const library = new URL('../../dist/index.js', import.meta.url).href
const { up } = await import(library)

/** @typedef {import('../../src/index.ts').UpEvent} UpEvent */
const [file = '', name = '', at = '', slice = ''] = process.argv.slice(2)
let total = 0
await up(file, {
  name,
  slice: Number(slice),
  onEvent: (/** @type {UpEvent} */ event) => {
    if (event.type === 'progress') total = event.total
    const isThere = event.type === 'progress' ? event.done >= Number(at) : event.type === 'stage' && event.stage === at
    if (isThere) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write(String(total))
