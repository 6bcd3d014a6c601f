import { Prisma } from '../../generated/prisma/client.ts'

/** A point on the globe, and how far around it. */
export interface Near {
  /** Degrees north (WGS 84). */
  latitude: number
  /** Degrees east. */
  longitude: number
  radiusKm: number
}

/** The same in space, on a globe of radius 1: there one index knows what is within so far, and what is nearest. */
export interface Point {
  /** A cube without extent, as SQL. */
  center: Prisma.Sql
  /** The straight line through the globe between the centre and what is `radiusKm` away. */
  chord: number
}

const EARTH_RADIUS_KM = 6_371.0088

export function pointOf({ latitude, longitude, radiusKm }: Near): Point {
  const [north, east] = [latitude, longitude].map((degrees) => (degrees * Math.PI) / 180) as [number, number]
  const place = [Math.cos(north) * Math.cos(east), Math.cos(north) * Math.sin(east), Math.sin(north)]
  const angle = Math.min(radiusKm / EARTH_RADIUS_KM, Math.PI)
  return { center: Prisma.sql`cube(${place}::float8[])`, chord: 2 * Math.sin(angle / 2) }
}

/** Whether the listing `l` is within the radius. */
export const isWithin = ({ center, chord }: Point): Prisma.Sql =>
  Prisma.sql`(cube(l.position) <@ cube_enlarge(${center}, ${chord}::float8, 3) AND (cube(l.position) <-> ${center}) <= ${chord}::float8)`
