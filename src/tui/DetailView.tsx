import type { ReactNode } from 'react'
import type { Controller } from './controller.ts'
import { detailLines } from './detail-lines.ts'
import { Lines, padLines, titleLine } from './Lines.tsx'

interface Props {
  readonly controller: Controller
  readonly width: number
  readonly height: number
}

/** All that there is to know of a node, a bridge or a cable. */
export function DetailView({ controller, width, height }: Props): ReactNode {
  const { detail } = controller
  if (detail === undefined) return null
  const { title, lines } = detailLines(controller, width)
  detail.scroll = Math.min(detail.scroll, Math.max(0, lines.length - (height - 1)))
  const below = lines.length - detail.scroll - (height - 1)
  const note = below > 0 ? `${below} lines below` : ''
  return <Lines lines={padLines([titleLine(title, note, width, true), ...lines.slice(detail.scroll)], height)} width={width} />
}
