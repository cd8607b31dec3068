/** The folder's door: a lab in, its picture out. What a format needs is loaded with it. */
import type { GraphSource } from './drawn-network.ts'
import { graphOf } from './graph.ts'

export const PICTURE_FORMATS = ['text', 'svg', 'html', 'dot', 'mermaid'] as const
export type PictureFormat = (typeof PICTURE_FORMATS)[number]

/** The text of a picture. Equal networks give equal texts. */
export async function formatPicture(format: PictureFormat, source: GraphSource): Promise<string> {
  switch (format) {
    case 'text':
      return (await import('./text.ts')).formatText(graphOf(source))
    case 'svg':
      return (await import('./svg.ts')).formatSvg(graphOf(source))
    case 'html':
      return (await import('./html.ts')).formatHtml(source)
    case 'dot':
      return (await import('./dot.ts')).formatDot(graphOf(source))
    case 'mermaid':
      return (await import('./mermaid.ts')).formatMermaid(graphOf(source))
  }
}
