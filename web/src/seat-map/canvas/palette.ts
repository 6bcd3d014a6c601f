/** Colours of the map as the page has them just now, resolved to what a canvas takes. */
export interface Palette {
  /** By tier: what a free seat is filled with. */
  tiers: readonly string[]
  /** What is written on a free seat. */
  onTier: string
  chosen: string
  onChosen: string
  taken: string
  line: string
  ink: string
  quiet: string
  paper: string
  stage: string
  focus: string
  font: string
}

/** So many tiers have a colour of their own; those after them begin again, with another mark. */
export const TIER_COLOURS = 8

/** Reads the tokens of seat-map.css as they compute inside an element, in whichever theme that is. */
export function readPalette(element: HTMLElement): Palette {
  const probe = element.ownerDocument.createElement('span')
  probe.className = 'seat-map__probe'
  // Where nothing is to move, base.css makes all changes last for an instant, and within it a colour is the one before.
  probe.style.setProperty('transition', 'none', 'important')
  element.append(probe)
  const computed = getComputedStyle(probe)
  const read = (token: string): string => {
    probe.style.setProperty('color', `var(--seat-${token})`)
    return computed.color
  }
  const palette = {
    tiers: Array.from({ length: TIER_COLOURS }, (_, at) => read(`tier-${at + 1}`)),
    onTier: read('on-tier'),
    chosen: read('chosen'),
    onChosen: read('on-chosen'),
    taken: read('taken'),
    line: read('line'),
    ink: read('ink'),
    quiet: read('quiet'),
    paper: read('paper'),
    stage: read('stage'),
    focus: read('focus'),
    font: computed.fontFamily,
  }
  probe.remove()
  return palette
}

/** Calls whenever the page's colours may be others: the system's theme, forced colours, a theme chosen on the page. @returns what ends it. */
export function onPaletteChange(changed: () => void): () => void {
  const queries = ['(prefers-color-scheme: dark)', '(forced-colors: active)'].map((query) =>
    matchMedia(query),
  )
  for (const query of queries) query.addEventListener('change', changed)
  const observer = new MutationObserver(changed)
  observer.observe(document.documentElement, { attributes: true })
  return () => {
    for (const query of queries) query.removeEventListener('change', changed)
    observer.disconnect()
  }
}

/** A colour as four bytes of an ImageData, read as one number on this machine. */
export function pixelOf(colour: string): number {
  const context = new OffscreenCanvas(1, 1).getContext('2d')
  if (!context) return 0
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  return new Uint32Array(context.getImageData(0, 0, 1, 1).data.buffer)[0] ?? 0
}
