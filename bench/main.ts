import { benchHolds } from './holds.ts'
import { benchSeatMaps } from './seat-maps.ts'

/** `npm run bench -- 9`: how fast the hot paths are, beside a reference on the same machine in the same minutes. */
const rounds = Number(process.argv[2] ?? 5)
await benchHolds(rounds)
await benchSeatMaps(rounds)
