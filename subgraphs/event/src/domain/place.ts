import type { Context } from './deps.ts'
import type { Plan } from './event.ts'
import type { Location } from './locations.ts'

/** Where a plan is: its own location, else its venue's. */
export async function locationOf(ctx: Context, plan: Plan): Promise<Location | null> {
  if (plan.locationId !== null) return ctx.loaders.location.load(plan.locationId)
  const venue = plan.venueId === null ? null : await ctx.loaders.venue.load(plan.venueId)
  return venue?.locationId ? ctx.loaders.location.load(venue.locationId) : null
}

/** What a map should point at: the venue, else the location. */
export const placeOf = async (ctx: Context, plan: Plan) =>
  plan.venueId === null ? locationOf(ctx, plan) : ctx.loaders.venue.load(plan.venueId)
