// A network as boxes and lines of characters: for the text format, and for the user interface in a terminal.

export interface MapBox<Color extends string = string> {
  readonly key: string
  /** Lines inside. */
  readonly lines: readonly string[]
  readonly kind: 'host' | 'router' | 'bridge' | 'group'
  readonly color?: Color
}

export interface MapLine<Color extends string = string> {
  readonly from: string
  readonly to: string
  readonly color?: Color
  /** `cut`: no packet passes. */
  readonly stroke: 'plain' | 'cut' | 'impaired' | 'saturated'
  readonly isBold: boolean
  /** Where lines share a cell, the one with the higher number is seen. */
  readonly severity: number
}

export interface MapGraph<Color extends string = string> {
  readonly boxes: readonly MapBox<Color>[]
  readonly lines: readonly MapLine<Color>[]
}

/** Cells of the same look beside each other. */
export interface MapSpan<Color extends string = string> {
  readonly text: string
  readonly color?: Color
  readonly bold?: boolean
}
