// Outlines and icons by role: whoever sees no colours tells a switch from a router all the same.
import type { Role } from './drawn-network.ts'
import type { Rect } from './layout.ts'

const CORNER = 7
/** What the corners of a bridge are cut by. */
const CUT = 10

/** Hosts have round corners, routers round ends, bridges cut corners, the internet square ones. */
export function outlineOf(role: Role, { x, y, width, height }: Rect): string {
  if (role === 'bridge') return cut(x, y, width, height)
  if (role === 'internet') return `M${x} ${y}h${width}v${height}h${-width}z`
  return round(x, y, width, height, role === 'router' ? Math.min(18, height / 2) : CORNER)
}

function round(x: number, y: number, width: number, height: number, r: number): string {
  const [across, down] = [width - 2 * r, height - 2 * r]
  return `M${x + r} ${y}h${across}a${r} ${r} 0 0 1 ${r} ${r}v${down}a${r} ${r} 0 0 1 ${-r} ${r}h${-across}a${r} ${r} 0 0 1 ${-r} ${-r}v${-down}a${r} ${r} 0 0 1 ${r} ${-r}z`
}

function cut(x: number, y: number, width: number, height: number): string {
  return `M${x + CUT} ${y}h${width - 2 * CUT}l${CUT} ${CUT}v${height - 2 * CUT}l${-CUT} ${CUT}h${2 * CUT - width}l${-CUT} ${-CUT}v${2 * CUT - height}z`
}

const ICONS: Readonly<Record<Role, string>> = {
  // A screen on its foot.
  host: 'M1 2h13v9h-13zM7.5 11v3M4 14h7',
  // A circle with arrows out of it and into it.
  router: 'M7.5 1a6.5 6.5 0 1 1 0 13a6.5 6.5 0 1 1 0 -13zM4 7.5h7M9 5.5l2 2l-2 2M6 5.5l-2 2l2 2M7.5 3v2M7.5 10v2',
  // Two arrows that pass each other.
  bridge: 'M1 5h12M10 2l3 3l-3 3M14 11h-12M5 8l-3 3l3 3',
  // A cloud.
  internet: 'M4 12.5a3 3 0 0 1 0 -6a4 4 0 0 1 7.5 -0.5a3.2 3.2 0 0 1 0 6.5z',
}

/** Within 15 by 15, to be drawn as a line. */
export function iconOf(role: Role): string {
  return ICONS[role]
}
