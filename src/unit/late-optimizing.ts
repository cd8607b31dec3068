import { setFlagsFromString } from 'node:v8'

/**
 * Has V8's optimizing compiler wait for functions that stay hot thirty times as long. What runs once is over before it pays, and meanwhile its
 * threads take the second processor from client or engine: a tenth of a large lab's `up`. For processes that are netlab's own alone. Of Node 20:
 * V8 has Maglev since, whose code costs little.
 */
export function optimizeLate(): void {
  if (process.versions.v8.startsWith('11.')) setFlagsFromString('--interrupt-budget=2000000') // of bytecodes, for 67,584
}
