/** Which box of a picture stands above which. */

export interface RankedLine {
  readonly from: string
  readonly to: string
}

type Neighbours = ReadonlyMap<string, readonly string[]>

/** Steps from the middle of the network, by key; boxes that no way leads to begin anew. */
function depthsOf(keys: readonly string[], lines: readonly RankedLine[]): Map<string, number> {
  const neighbours = neighboursOf(keys, lines)
  const depths = new Map<string, number>()
  for (const start of fromTheMiddle(neighbours))
    if (!depths.has(start)) for (const [key, depth] of stepsFrom([start], neighbours)) depths.set(key, depth)
  return depths
}

export interface Ranking {
  isAbove(one: string, other: string): boolean
  /** The same for boxes that are as far from hosts and from the middle as each other. */
  levelOf(key: string): string
}

/**
 * Order from top to bottom, as people draw networks: what is farthest from all hosts at the top, hosts at the bottom; among equals what is
 * nearer to the middle.
 */
export function ranking(keys: readonly string[], lines: readonly RankedLine[], hosts: readonly string[]): Ranking {
  const heights = stepsFrom(hosts, neighboursOf(keys, lines))
  const depths = depthsOf(keys, lines)
  const orders = new Map(keys.map((key, order) => [key, order]))
  const valueOf = (key: string): readonly number[] => [-(heights.get(key) ?? 0), depths.get(key) ?? 0, orders.get(key) ?? 0]
  return {
    levelOf: (key) => valueOf(key).slice(0, 2).join(),
    isAbove: (one, other) => {
      const [first, second] = [valueOf(one), valueOf(other)]
      const at = first.findIndex((value, index) => value !== second[index])
      return at >= 0 && first[at]! < second[at]!
    },
  }
}

function neighboursOf(keys: readonly string[], lines: readonly RankedLine[]): Neighbours {
  const neighbours = new Map<string, string[]>(keys.map((key) => [key, []]))
  for (const { from, to } of lines) {
    neighbours.get(from)?.push(to)
    neighbours.get(to)?.push(from)
  }
  return neighbours
}

/** Those with most lines first; among as many, those from which the farthest is nearest. */
function fromTheMiddle(neighbours: Neighbours): string[] {
  const degreeOf = (key: string): number => neighbours.get(key)!.length
  const most = Math.max(0, ...[...neighbours.keys()].map(degreeOf))
  const reaches = new Map([...neighbours.keys()].filter((key) => degreeOf(key) === most).map((key) => [key, reachOf(key, neighbours)]))
  return [...neighbours.keys()].sort((one, other) => degreeOf(other) - degreeOf(one) || (reaches.get(one) ?? 0) - (reaches.get(other) ?? 0))
}

function reachOf(start: string, neighbours: Neighbours): number {
  return Math.max(...stepsFrom([start], neighbours).values())
}

function stepsFrom(starts: readonly string[], neighbours: Neighbours): Map<string, number> {
  const steps = new Map(starts.map((start) => [start, 0]))
  for (let front = starts, step = 1; front.length > 0; step++) {
    const next = [...new Set(front.flatMap((key) => neighbours.get(key)!.filter((other) => !steps.has(other))))]
    for (const key of next) steps.set(key, step)
    front = next
  }
  return steps
}

/** Whether most boxes that stand beside each other do so against their order: dagre knows none, and a mirror image is as good to it. */
export function isReversed(places: readonly { readonly rank: number; readonly across: number }[]): boolean {
  const last = new Map<number, number>()
  let sum = 0
  for (const { rank, across } of places) {
    sum += Math.sign(across - (last.get(rank) ?? across))
    last.set(rank, across)
  }
  return sum < 0
}
