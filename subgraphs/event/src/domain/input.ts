import { BadUserInput, type FieldProblem } from '@karcis/kit/errors'
import { slugOf } from '@karcis/kit/slugs'
import { emptyableTextSchema, nameSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'

/** A longer text that may be empty; null and absent become ''. */
export const descriptionSchema = (max: number) =>
  emptyableTextSchema(max)
    .nullish()
    .transform((text) => text ?? '')

/** What a category is called. */
export const categoryNameSchema = nameSchema(80).refine(
  (value) => value === '' || slugOf(value) !== '',
  'needs a letter or digit',
)

export const latitudeSchema = z.number().min(-90, 'must be from -90 to 90').max(90, 'must be from -90 to 90')
export const longitudeSchema = z
  .number()
  .min(-180, 'must be from -180 to 180')
  .max(180, 'must be from -180 to 180')

/** Latitude and longitude as fields of an input; `pairedCoordinates` checks that they come together. */
export const coordinateFields = {
  latitude: latitudeSchema.nullish(),
  longitude: longitudeSchema.nullish(),
}

/** Refuses half a coordinate, and clearing only half of one. */
export function pairedCoordinates(
  value: { latitude?: number | null; longitude?: number | null },
  ctx: z.RefinementCtx,
): void {
  const { latitude, longitude } = value
  const paired =
    (latitude === undefined) === (longitude === undefined) && (latitude === null) === (longitude === null)
  if (paired) return
  const missing = latitude == null ? 'latitude' : 'longitude'
  ctx.addIssue({ code: 'custom', path: [missing], message: 'latitude and longitude come together' })
}

/** Checks an input's fields, and reports what is wrong with them together with the problems that rules beyond single fields found. */
export function parseTogether<T>(schema: z.ZodType<T>, input: unknown, problems: FieldProblem[]): T {
  try {
    const value = parseInput(schema, input)
    if (problems.length === 0) return value
  } catch (error) {
    if (!(error instanceof BadUserInput)) throw error
    throw new BadUserInput([...(error.facts.fields as FieldProblem[]), ...problems])
  }
  throw new BadUserInput(problems)
}

/** How many places one person may hold or owe for at once; null for the platform's own number. */
export const maxOpenPlacesSchema = z
  .number()
  .int('must be a whole number')
  .min(1, 'must be from 1 to 100')
  .max(100, 'must be from 1 to 100')
  .nullish()
