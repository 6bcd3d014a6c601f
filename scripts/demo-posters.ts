import { fontFile } from '@karcis/paper/written-text'
import { create, type Font } from 'fontkit'
import sharp from 'sharp'

/** What a poster says, and in which manner. */
export interface Poster {
  manner: 'film' | 'concert' | 'seminar' | 'portrait'
  /** Lines, the first of which are the largest. */
  title: readonly string[]
  below: string
}

const [WIDTH, HEIGHT] = [1_600, 900]

/** A poster as a PNG; the same for the same words, on every machine: its letters are drawn from the fonts that come with Karcis. */
export function posterOf(poster: Poster): Promise<Buffer> {
  const art = ART[poster.manner](chances(poster.title.join(' ')))
  const [x, width] = poster.manner === 'portrait' ? [(WIDTH - HEIGHT) / 2, HEIGHT] : [0, WIDTH]
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${x} 0 ${width} ${HEIGHT}" width="${width}" height="${HEIGHT}">${art.shapes}${words(poster, art)}</svg>`
  return sharp(Buffer.from(svg)).png({ palette: true, colours: 128, effort: 4 }).toBuffer()
}

interface Art {
  shapes: string
  /** Of the letters. */
  ink: string
  /** Of the line below. */
  accent: string
  /** Where the letters begin, and the height of the largest. */
  at: { x: number; y: number; size: number }
}

type Chance = () => number

/** Numbers from 0 to 1, the same for the same words. */
function chances(words: string): Chance {
  let state = Array.from(words).reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7)
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

const times = (count: number, shape: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => shape(index)).join('')
const rect = (x: number, y: number, width: number, height: number, fill: string, more = ''): string =>
  `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}" ${more}/>`
const circle = (x: number, y: number, radius: number, fill: string, more = ''): string =>
  `<circle cx="${x}" cy="${y}" r="${radius}" fill="${fill}" ${more}/>`
const gradient = (id: string, from: string, over: string, to: string): string =>
  `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${from}"/><stop offset="0.55" stop-color="${over}"/><stop offset="1" stop-color="${to}"/></linearGradient>`

/** A line of hills from one side to the other, down to the lower edge. */
function hills(chance: Chance, top: number, depth: number, fill: string): string {
  const tops = Array.from({ length: 9 }, (_, index) => `${index * 200} ${Math.round(top + chance() * depth)}`)
  const curves = tops.slice(1).map((point, index) => {
    const [x = '0', y = '0'] = (tops[index] ?? '').split(' ')
    const [nextX = '0', nextY = '0'] = point.split(' ')
    return `C ${Number(x) + 100} ${y} ${Number(nextX) - 100} ${nextY} ${nextX} ${nextY}`
  })
  return `<path d="M ${tops[0]} ${curves.join(' ')} L ${WIDTH} ${HEIGHT} L 0 ${HEIGHT} Z" fill="${fill}"/>`
}

const ART: Record<Poster['manner'], (chance: Chance) => Art> = {
  /** The last sun over hills, between the holes of a film. */
  film: (chance) => ({
    shapes: [
      `<defs>${gradient('sky', '#1b1146', '#c2405f', '#ffb35c')}<clipPath id="sun">${circle(1_150, 520, 250, 'none')}</clipPath></defs>`,
      rect(0, 0, WIDTH, HEIGHT, 'url(#sky)'),
      times(60, () =>
        circle(
          Math.round(chance() * WIDTH),
          Math.round(90 + chance() * 260),
          1 + chance() * 2,
          '#ffe9c9',
          'opacity="0.7"',
        ),
      ),
      circle(1_150, 520, 250, '#ffd77a'),
      `<g clip-path="url(#sun)">${times(6, (index) => rect(880, 560 + index * 36, 540, 8 + index * 3, '#d9566a', 'opacity="0.75"'))}</g>`,
      hills(chance, 600, 110, '#5d1f55'),
      hills(chance, 690, 90, '#2c1245'),
      rect(0, 0, WIDTH, 64, '#0b0718'),
      rect(0, HEIGHT - 64, WIDTH, 64, '#0b0718'),
      times(
        25,
        (index) =>
          rect(14 + index * 64, 18, 36, 28, '#f6e7cf', 'rx="6"') +
          rect(14 + index * 64, HEIGHT - 46, 36, 28, '#f6e7cf', 'rx="6"'),
      ),
    ].join(''),
    ink: '#fff6e6',
    accent: '#ffd77a',
    at: { x: 90, y: 290, size: 132 },
  }),
  /** Beams of light over heads and hands. */
  concert: (chance) => ({
    shapes: [
      `<defs>${gradient('night', '#12052e', '#3a0f6b', '#e0297f')}</defs>`,
      rect(0, 0, WIDTH, HEIGHT, 'url(#night)'),
      times(9, (index) => {
        const [from, to] = [200 + index * 150, index * 200 - 60 + Math.round(chance() * 120)]
        const colour = ['#27e1ff', '#ffdf3d', '#ff5fa2'][index % 3]
        return `<path d="M ${from} -20 L ${to - 90} ${HEIGHT} L ${to + 90} ${HEIGHT} Z" fill="${colour}" opacity="0.2"/>`
      }),
      times(46, () =>
        circle(
          Math.round(chance() * WIDTH),
          Math.round(chance() * 640),
          3 + chance() * 9,
          ['#ffdf3d', '#27e1ff', '#ffffff'][Math.floor(chance() * 3)] ?? '#ffffff',
          'opacity="0.5"',
        ),
      ),
      times(34, (index) => {
        const [x, y] = [index * 50 - 10, 750 + Math.round(chance() * 70)]
        const arm =
          chance() > 0.55
            ? `<path d="M ${x + 20} ${y + 60} L ${x + 32} ${y - 70}" stroke="#0c0420" stroke-width="17" stroke-linecap="round"/>`
            : ''
        return `${arm}${circle(x, y, 33, '#0c0420')}${rect(x - 44, y + 26, 88, 160, '#0c0420', 'rx="40"')}`
      }),
    ].join(''),
    ink: '#ffffff',
    accent: '#ffdf3d',
    at: { x: 90, y: 300, size: 150 },
  }),
  /** Paper, and shapes cut out of it. */
  seminar: (chance) => ({
    shapes: [
      rect(0, 0, WIDTH, HEIGHT, '#f6efe1'),
      rect(1_010, 0, 590, 450, '#1f6f68'),
      rect(1_010, 450, 295, 450, '#f2b632'),
      rect(1_305, 450, 295, 450, '#e4572e'),
      circle(1_305, 225, 170, '#f6efe1'),
      `<path d="M 1305 55 A 170 170 0 0 1 1305 395 Z" fill="#17324d"/>`,
      `<path d="M 1010 900 A 295 295 0 0 1 1305 605 L 1305 900 Z" fill="#17324d"/>`,
      times(5, (row) =>
        times(5, (column) => circle(1_352 + column * 50, 500 + row * 50, 8 + chance() * 10, '#f6efe1')),
      ),
      `<path d="M 1330 800 h 230 v 60 h -150 l -40 36 v -36 h -40 Z" fill="#f6efe1"/>`,
      rect(90, 130, 120, 18, '#e4572e'),
    ].join(''),
    ink: '#17324d',
    accent: '#1f6f68',
    at: { x: 90, y: 300, size: 108 },
  }),
  /** A face of the simplest kind, for a profile. */
  portrait: (chance) => ({
    shapes: [
      rect(0, 0, WIDTH, HEIGHT, ['#f2b632', '#ff8a5c', '#58b8a6'][Math.floor(chance() * 3)] ?? '#f2b632'),
      circle(800, 1_000, 430, '#17324d'),
      `<path d="M 600 420 C 560 120 1040 120 1000 420 L 1040 720 H 560 Z" fill="#2b1a2f"/>`,
      circle(800, 430, 175, '#c98a64'),
      `<path d="M 622 400 C 600 170 1000 170 978 400 C 900 330 760 360 622 400 Z" fill="#2b1a2f"/>`,
      circle(735, 440, 14, '#2b1a2f') + circle(865, 440, 14, '#2b1a2f'),
      `<path d="M 735 515 Q 800 570 865 515" stroke="#7c3f34" stroke-width="12" fill="none" stroke-linecap="round"/>`,
    ].join(''),
    ink: 'none',
    accent: 'none',
    at: { x: 0, y: 0, size: 1 },
  }),
}

const fonts = new Map<string, Font>()

function fontOf(name: 'regular' | 'bold'): Font {
  const font = fonts.get(name) ?? (create(fontFile(name)) as Font)
  fonts.set(name, font)
  return font
}

function words({ title, below }: Poster, { ink, accent, at }: Art): string {
  const lines = title.map((line, index) =>
    letters(line, 'bold', at.x, at.y + index * at.size * 1.08, at.size, ink),
  )
  return (
    lines.join('') +
    letters(below, 'regular', at.x, at.y + title.length * at.size * 1.08 - at.size * 0.3, 42, accent)
  )
}

/** A line as paths: which fonts a machine has does not matter. */
function letters(
  text: string,
  name: 'regular' | 'bold',
  x: number,
  y: number,
  size: number,
  fill: string,
): string {
  const font = fontOf(name)
  const scale = size / font.unitsPerEm
  const { glyphs, positions } = font.layout(text)
  let along = 0
  const paths = glyphs.map((glyph, index) => {
    const path = `<path transform="translate(${along} 0)" d="${glyph.path.toSVG()}"/>`
    along += positions[index]?.xAdvance ?? 0
    return path
  })
  return `<g transform="translate(${x} ${y}) scale(${scale} ${-scale})" fill="${fill}">${paths.join('')}</g>`
}
