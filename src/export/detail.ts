/** What is known of each node and link of a picture, as the page has it: in a browser too, so it imports nothing. */

export interface Table {
  readonly heading: string
  readonly columns: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

export interface Detail {
  readonly title: string
  /** `router, up` */
  readonly summary: string
  readonly tables: readonly Table[]
}

/** By name of the node, and by key of the line: what `data-node` and `data-line` of the SVG say. */
export interface Details {
  readonly nodes: Readonly<Record<string, Detail>>
  readonly lines: Readonly<Record<string, Detail>>
}
