import { idSchema, parseInput } from '@karcis/kit/validate'
import { z } from 'zod'

/** @throws BadUserInput when an argument is not an id. @param path name of the argument. */
export const requireId = (id: string, path: string): string => parseInput(idSchema, id, path)

/** A list of ids without repeats. */
export const idsSchema = (max: number) =>
  z
    .array(idSchema)
    .min(1, 'must name at least one')
    .max(max, `must name at most ${max}`)
    .refine((ids) => new Set(ids).size === ids.length, 'must not name one twice')
