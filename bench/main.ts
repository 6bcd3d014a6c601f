import { parseArgs } from 'node:util'
import { benchPlaces, benchSeats } from './holds.ts'
import { benchSeatMaps } from './seat-maps.ts'

/**
 * `npm run bench -- 9`: how fast the hot paths are, beside a reference on the same machine in the same minutes. `--only places`, `seats` or
 * `maps` does one part; `--profile DIRECTORY` has the ticket process write a CPU profile of each of the first two.
 */
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { profile: { type: 'string' }, only: { type: 'string' } },
})
const { profile, only } = values
const rounds = Number(positionals[0] ?? 5)
if (!only || only === 'places') await benchPlaces({ rounds, profile })
if (!only || only === 'seats') await benchSeats({ rounds, profile })
if (!only || only === 'maps') await benchSeatMaps(rounds)
