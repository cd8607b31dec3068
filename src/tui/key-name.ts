// Keys by name.
import type { Key } from 'ink'

/** `down`, `enter`, `ctrl-c`, or the character. */
export function keyName(input: string, key: Partial<Key>): string {
  for (const [name, flag] of SPECIAL_KEYS) if (key[flag] === true) return key.shift === true && name === 'tab' ? 'shift-tab' : name
  return key.ctrl === true ? `ctrl-${input}` : input
}

const SPECIAL_KEYS = [
  ['up', 'upArrow'],
  ['down', 'downArrow'],
  ['left', 'leftArrow'],
  ['right', 'rightArrow'],
  ['page up', 'pageUp'],
  ['page down', 'pageDown'],
  ['home', 'home'],
  ['end', 'end'],
  ['enter', 'return'],
  ['escape', 'escape'],
  ['tab', 'tab'],
  ['backspace', 'backspace'],
  ['backspace', 'delete'], // what most terminals send for the backspace key
] as const

/** A character of a text of several keys, as ink tells it when it comes alone. */
export function keyOf(char: string): [input: string, key: Partial<Key>] {
  const flag = CONTROL_KEYS.get(char)
  if (flag !== undefined) return ['', { [flag]: true }]
  const code = char.charCodeAt(0)
  return code >= 1 && code <= 26 ? [String.fromCharCode(code + 0x60), { ctrl: true }] : [char, {}]
}

const CONTROL_KEYS: ReadonlyMap<string, keyof Key> = new Map([
  ['\r', 'return'],
  ['\t', 'tab'],
  ['\u001b', 'escape'],
  ['\u007f', 'backspace'],
])
