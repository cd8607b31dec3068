/** Tables with frames, made by cli-table3, which is loaded with the first of them. */
export interface TableOptions {
  readonly hasColor: boolean
}

/** The rows under their head, one frame around all. Ends with a newline. */
export async function frameTable(head: readonly string[], rows: readonly (readonly string[])[], options: TableOptions): Promise<string> {
  const { default: Table } = await import('cli-table3')
  const style = options.hasColor ? { head: ['bold'], border: ['grey'] } : { head: [], border: [] }
  const table = new Table({ head: [...head], style: { ...style, compact: true } })
  for (const row of rows) table.push([...row])
  return `${table.toString()}\n`
}
