import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import sharp from 'sharp'
import { ROOT } from './paths.ts'

const ICONS = join(ROOT, 'web/public/icons')
/** The accent and the paper of web/src/ui/tokens.css, as sRGB. */
const ACCENT = '#3f3ccb'
const PAPER = '#fcf9f2'

/** A ticket in a square of 100, a little turned: the part that stays, the holes, and the part that is torn off. */
const TICKET = `<g transform="rotate(-9 50 50)">
<path fill="${PAPER}" d="M21 30h58a4 4 0 0 1 4 4v8a8 8 0 0 0 0 16v8a4 4 0 0 1-4 4H21a4 4 0 0 1-4-4v-8a8 8 0 0 0 0-16v-8a4 4 0 0 1 4-4z"/>
<path stroke="${ACCENT}" stroke-width="2.6" stroke-linecap="round" stroke-dasharray="0 5.5" d="M64.5 34.5v32" fill="none"/>
<path fill="${ACCENT}" d="M33 38h6.200v9.700l8.200-9.700h7.600l-9.600 11.100L55.400 62h-7.600l-6.500-9.400-2.100 2.400v7H33z"/>
</g>`

/** @param scale of the ticket; smaller where a system cuts the icon to a shape of its own. @param radius of its corners. */
const icon = (scale: number, radius: number): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 100 100"><rect width="100" height="100" rx="${radius}" fill="${ACCENT}"/><g transform="translate(50 50) scale(${scale}) translate(-50 -50)">${TICKET}</g></svg>\n`

/** What is shown where somebody passes on an address of a page without a picture of its own. */
const CARD = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1200 630"><rect width="1200" height="630" fill="${ACCENT}"/><g transform="translate(340 55) scale(5.2)">${TICKET}</g></svg>`

const draw = (svg: string, width: number, name: string): Promise<unknown> =>
  sharp(Buffer.from(svg), { density: 300 })
    .resize(width)
    .png({ palette: true, compressionLevel: 9, effort: 10 })
    .toFile(join(ICONS, name))

mkdirSync(ICONS, { recursive: true })
writeFileSync(join(ICONS, 'icon.svg'), icon(1, 22))
await Promise.all([
  draw(icon(1, 22), 192, 'icon-192.png'),
  draw(icon(1, 22), 512, 'icon-512.png'),
  draw(icon(0.78, 0), 512, 'maskable-512.png'),
  draw(icon(0.9, 0), 180, 'apple-touch-icon.png'),
  draw(CARD, 1_200, 'card.png'),
])
