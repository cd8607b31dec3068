/** Names and numbers of signals, signal(7). */
import { constants } from 'node:os'

/** Without SIG, as kill(1) lists them. */
export const SIGNAL_NAMES: readonly string[] = Object.keys(constants.signals).map((name) => name.slice('SIG'.length))

/** `TERM`, `sigterm`, `15` */
export function parseSignal(text: string): NodeJS.Signals | undefined {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`
  return (Object.keys(constants.signals) as NodeJS.Signals[]).find((each) => each === name || String(constants.signals[each]) === text)
}
