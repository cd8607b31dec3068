// What part of the picture is seen: the viewBox of its SVG, moved and zoomed.

export interface View {
  /** Shows all of it. */
  fit(): void
  /** A factor below 1 comes nearer, around a point of the screen or the middle. */
  zoom(factor: number, at?: { readonly clientX: number; readonly clientY: number }): void
  /** By parts of what is seen. */
  move(right: number, down: number): void
  /** Brings an element into the middle, near enough to be read. */
  moveTo(element: Element): void
  /** Whether the pointer has moved it since it was pressed: then its release is no click. */
  hasMoved(): boolean
}

/** Pixels that a hand moves while it clicks. */
const JITTER = 4

export function createView(svg: SVGSVGElement): View {
  const { x, y, width, height } = svg.viewBox.baseVal
  const all = { x, y, width, height }
  let seen = { ...all }
  let start: { readonly clientX: number; readonly clientY: number; readonly seen: typeof all } | undefined
  let moved = false

  const draw = (next: typeof all): void => {
    seen = next
    svg.setAttribute('viewBox', `${next.x} ${next.y} ${next.width} ${next.height}`)
  }
  /** Pixels of the screen for each unit of the picture. */
  const scale = (): number => svg.getScreenCTM()?.a ?? 1

  const zoom: View['zoom'] = (factor, at) => {
    const rect = svg.getBoundingClientRect()
    const across = at === undefined ? 0.5 : (at.clientX - rect.left) / rect.width
    const down = at === undefined ? 0.5 : (at.clientY - rect.top) / rect.height
    const [wide, high] = [seen.width * factor, seen.height * factor]
    if (wide < 40 || wide > all.width * 20) return
    draw({ x: seen.x + (seen.width - wide) * across, y: seen.y + (seen.height - high) * down, width: wide, height: high })
  }

  svg.addEventListener('wheel', (event) => {
    event.preventDefault()
    zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, event)
  })
  svg.addEventListener('pointerdown', ({ clientX, clientY, button }) => {
    moved = false
    if (button === 0) start = { clientX, clientY, seen }
  })
  window.addEventListener('pointermove', ({ clientX, clientY }) => {
    if (start === undefined) return
    const [right, down] = [clientX - start.clientX, clientY - start.clientY]
    if (Math.hypot(right, down) > JITTER) moved = true
    if (moved) draw({ ...seen, x: start.seen.x - right / scale(), y: start.seen.y - down / scale() })
  })
  window.addEventListener('pointerup', () => {
    start = undefined
  })

  return {
    fit: () => draw({ ...all }),
    zoom,
    move: (right, down) => draw({ ...seen, x: seen.x + right * seen.width, y: seen.y + down * seen.height }),
    moveTo: (element) => {
      const box = (element as SVGGraphicsElement).getBBox()
      const rect = svg.getBoundingClientRect()
      const [wide, high] = [Math.min(seen.width, rect.width), Math.min(seen.height, rect.height)]
      draw({ x: box.x + box.width / 2 - wide / 2, y: box.y + box.height / 2 - high / 2, width: wide, height: high })
    },
    hasMoved: () => moved,
  }
}
