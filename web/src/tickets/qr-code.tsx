import { useMemo } from 'preact/hooks'
import { encode } from 'uqr'

/** What scanners need around a code, in modules (ISO/IEC 18004). */
const QUIET = 4

/** A ticket's code for scanners: black on white in either theme, with the white around it that they need. */
export function QrCode({ code, label }: { code: string; label: string }) {
  const { path, size } = useMemo(() => draw(code), [code])
  return (
    <svg
      class="qr-code"
      viewBox={`0 0 ${size} ${size}`}
      role="img"
      aria-label={label}
      shape-rendering="crispEdges"
    >
      <rect class="qr-code__paper" width={size} height={size} />
      <path class="qr-code__ink" d={path} />
    </svg>
  )
}

/** Of 153 letters in alphanumeric mode: 41 modules at level M, as the API says. */
function draw(code: string): { path: string; size: number } {
  const { data, size } = encode(code, { ecc: 'M', boostEcc: false, border: QUIET })
  const runs = data.flatMap((row, y) =>
    runsOf(row).map(([x, length]) => `M${x} ${y}h${length}v1h-${length}z`),
  )
  return { path: runs.join(''), size }
}

/** Where the dark runs of a row begin, and how long they are. */
function runsOf(row: readonly boolean[]): [number, number][] {
  const runs: [number, number][] = []
  for (let x = 0; x < row.length; x++) {
    if (!row[x]) continue
    const end = row.indexOf(false, x)
    const length = (end === -1 ? row.length : end) - x
    runs.push([x, length])
    x += length
  }
  return runs
}
