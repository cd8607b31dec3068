import { Box, useInput } from 'ink'
import { useSyncExternalStore, type ReactNode } from 'react'
import { CommandPanes } from './CommandPanes.tsx'
import type { Controller } from './controller.ts'
import { DetailView } from './DetailView.tsx'
import { Dialog } from './Dialog.tsx'
import { EventLog } from './EventLog.tsx'
import { Footer } from './Footer.tsx'
import { Header, HEADER_HEIGHT } from './Header.tsx'
import { Help } from './Help.tsx'
import { ImpairDialog } from './ImpairDialog.tsx'
import { keyOf } from './key-name.ts'
import { press } from './keys.ts'
import { ColorContext } from './Lines.tsx'
import { MapView } from './MapView.tsx'
import { Overview } from './Overview.tsx'
import { TestsView } from './TestsView.tsx'

/** Below this nothing can be laid out. */
const LEAST = { width: 40, height: 10 }

interface Props {
  readonly controller: Controller
  readonly hasColor: boolean
  /** Of the terminal, as it is now. */
  readonly size: () => { readonly columns: number; readonly rows: number }
}

/** The whole screen. */
export function App({ controller, hasColor, size }: Props): ReactNode {
  const { model } = controller
  useSyncExternalStore(model.subscribe, () => model.version)
  useInput((input, key) => {
    // Keys that come faster than they are read arrive as one text: each is a key of its own, unless it is a line that is pasted.
    if (input.length > 1 && !key.ctrl && !key.meta) for (const char of input) press(controller, ...keyOf(char))
    else press(controller, input, key)
  })
  const { columns, rows } = size()
  const width = Math.max(columns, LEAST.width)
  const height = Math.max(rows, LEAST.height)
  const bodyHeight = height - HEADER_HEIGHT - 1
  return (
    <ColorContext.Provider value={hasColor}>
      <Box flexDirection="column" width={width} height={height}>
        <Header controller={controller} width={width} />
        <Body controller={controller} width={width} height={bodyHeight} />
        <Footer controller={controller} width={width} />
      </Box>
    </ColorContext.Provider>
  )
}

function Body({
  controller,
  width,
  height,
}: {
  readonly controller: Controller
  readonly width: number
  readonly height: number
}): ReactNode {
  const { overlay, detail, view } = controller
  const place = { controller, width, height }
  if (overlay?.kind === 'help') return <Help help={overlay} width={width} height={height} />
  if (overlay?.kind === 'question') return <Dialog question={overlay} width={width} height={height} />
  if (overlay?.kind === 'form') return <ImpairDialog form={overlay} {...place} />
  if (detail !== undefined) return <DetailView {...place} />
  switch (view) {
    case 'overview':
      return <Overview {...place} />
    case 'map':
      return <MapView {...place} isFocused />
    case 'events':
      return <EventLog {...place} isFocused />
    case 'commands':
      return <CommandPanes {...place} />
    case 'tests':
      return <TestsView {...place} />
  }
}
