import { BadUserInput, type FieldProblem } from '@karcis/kit/errors'
import type { TicketType } from '../inventory/ticket-type.ts'

/** What a section is sold as. */
export interface Tier {
  section: string
  ticketTypeId: string
}

/** A section or standing area of a drawing, as far as it says what it is sold as. */
export interface TieredSection {
  name: string
  priceTier: string | null
}

/**
 * What each section is sold as, by name: as its tier says; without one, as the type that has the name of its price tier, or as the
 * only type that there is. Standing areas of which nobody says what they are sold as are not sold.
 * @throws BadUserInput for tiers that fit nothing, and sections with seats of which nobody knows what they are sold as.
 */
export function soldAs(
  sections: readonly TieredSection[],
  standing: readonly TieredSection[],
  types: readonly TicketType[],
  tiers: readonly Tier[],
): Map<string, string> {
  const names = new Set([...sections, ...standing].map((section) => section.name))
  const ids = new Set(types.map((type) => type.id))
  const problems = tiers.flatMap(({ section, ticketTypeId }, at): FieldProblem[] => {
    const here = `input.tiers.${at}`
    if (!names.has(section))
      return [{ path: `${here}.section`, message: "is not a section of the event's room" }]
    if (tiers.findIndex((tier) => tier.section === section) < at)
      return [{ path: `${here}.section`, message: 'is among the tiers already' }]
    if (!ids.has(ticketTypeId))
      return [{ path: `${here}.ticketTypeId`, message: 'is not a ticket type of this event' }]
    return []
  })
  const tierOf = new Map(tiers.map((tier) => [tier.section, tier.ticketTypeId]))
  const named = ({ name, priceTier }: TieredSection): string | undefined =>
    tierOf.get(name) ?? types.find((type) => priceTier !== null && isSameName(type.name, priceTier))?.id
  const onlyType = types.length === 1 ? types[0]?.id : undefined
  const sold = new Map<string, string>()
  for (const section of sections) {
    const ticketTypeId = named(section) ?? onlyType
    if (ticketTypeId !== undefined) sold.set(section.name, ticketTypeId)
  }
  const unsold = sections.filter(({ name }) => !sold.has(name))
  if (unsold.length > 0) {
    const those = unsold.map(({ name }) => name).join(', ')
    problems.push({ path: 'input.tiers', message: `must say as what these sections are sold: ${those}` })
  }
  const seated = new Set(sold.values())
  for (const area of standing) {
    const ticketTypeId = named(area)
    if (ticketTypeId === undefined) continue
    if (seated.has(ticketTypeId))
      problems.push({
        path: 'input.tiers',
        message: `must have another ticket type for ${area.name}: nobody sits there`,
      })
    sold.set(area.name, ticketTypeId)
  }
  if (problems.length > 0) throw new BadUserInput(problems)
  return sold
}

const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
