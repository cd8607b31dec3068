import { useInput } from 'ink'
import { useLayoutEffect, useSyncExternalStore } from 'react'
import type { Controller } from './controller.ts'
import { keyOf } from './key-name.ts'
import { press } from './keys.ts'

interface Props {
  readonly controller: Controller
  /** Draws a frame. */
  readonly draw: () => void
}

/**
 * Takes the keys, and has a frame drawn for each change. The frame does not go through ink: it lays out and splits up every character of the
 * screen again, 60 ms a frame, and remembers each text that it has measured for ever, which is a leak where texts change once a second.
 */
export function App({ controller, draw }: Props): null {
  const { model } = controller
  const version = useSyncExternalStore(model.subscribe, () => model.version)
  useLayoutEffect(draw, [draw, version])
  useInput((input, key) => {
    // Keys that come faster than they are read arrive as one text: each is a key of its own, unless it is a line that is pasted.
    if (input.length > 1 && !key.ctrl && !key.meta) for (const char of input) press(controller, ...keyOf(char))
    else press(controller, input, key)
  })
  return null
}
