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
