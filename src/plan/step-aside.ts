/** What two links may not have at a time, and exchange: one gives it up for something else first. */

export interface Holding {
  readonly has: number | string
  readonly wants: number | string
}

/** Those that are still in the way when another is to have what they have; `holdings` in the order in which all get what they want. */
export function stepAside<H extends Holding>(holdings: readonly H[]): H[] {
  const now = new Map<H, Holding['has'] | undefined>(holdings.map((one) => [one, one.has]))
  return holdings.flatMap((one) => {
    const { wants } = one
    if (now.get(one) === wants) return []
    const inTheWay = [...now].flatMap(([other, has]) => (has === wants ? [other] : []))
    for (const other of inTheWay) now.set(other, undefined)
    now.set(one, wants)
    return inTheWay
  })
}
