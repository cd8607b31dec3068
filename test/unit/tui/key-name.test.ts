// Keys by their names, those too that come so fast that the terminal gives several at once.
import { expect, it } from 'vitest'
import { keyName, keyOf } from '../../../src/tui/key-name.ts'

it.each([
  ['\t', 'tab'],
  ['\r', 'enter'],
  ['\u001b', 'escape'],
  ['\u007f', 'backspace'],
  ['\u0003', 'ctrl-c'],
  ['u', 'u'],
  ['é', 'é'],
])('%j among others is the key %s', (char, name) => {
  expect(keyName(...keyOf(char))).toBe(name)
})
