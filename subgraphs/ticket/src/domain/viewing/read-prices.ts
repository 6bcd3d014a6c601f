import type { PriceRange } from '@karcis/kit/contracts/price-range'
import { idSchema } from '@karcis/kit/ids'
import { parseInput } from '@karcis/kit/validate'
import { z } from 'zod'
import type { Deps } from '../deps.ts'
import { findPriceRanges } from '../inventory/ticket-type-store.ts'

const idsSchema = z
  .array(idSchema)
  .min(1, 'must have at least one id')
  .max(1_000, 'must have at most 1000 ids')

/** What tickets cost that buyers see, of those events that have ticket types. @throws BadUserInput */
export const readPriceRanges = (deps: Deps, eventIds: readonly string[]): Promise<PriceRange[]> =>
  findPriceRanges(deps.db, parseInput(idsSchema, eventIds, 'eventIds'))
