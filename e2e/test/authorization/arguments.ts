import { newId } from '@karcis/kit/ids'
import type { Loose } from '@karcis/testkit/gql'
import {
  type GraphQLField,
  type GraphQLInputType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isListType,
  isRequiredArgument,
  isRequiredInputField,
} from 'graphql'
import type { World } from './world.ts'

/** Ids of the world, by the names under which arguments ask for one; `id` by the type that it is of. */
const idsOf = ({
  eventId,
  roomId,
  venueId,
  categoryId,
  standing,
  people,
}: World): Record<string, string> => ({
  eventId,
  roomId,
  venueId,
  categoryId,
  ticketTypeId: standing,
  userId: people.customer.id,
  organizerId: people.organizer.id,
  Event: eventId,
  Room: roomId,
  Venue: venueId,
  Category: categoryId,
  TicketType: standing,
  User: people.customer.id,
})

/** Arguments for a root field: those of its example, and what its schema demands besides. */
export function argumentsFor(world: World, field: GraphQLField<unknown, unknown>, example: Loose): Loose {
  const made = Object.fromEntries(
    field.args
      .filter((argument) => argument.name in example || isRequiredArgument(argument))
      .map(({ name, type }) => [name, valueOf(world, field, name, type, example[name])]),
  )
  return made
}

function valueOf(
  world: World,
  field: GraphQLField<unknown, unknown>,
  name: string,
  given: GraphQLInputType,
  example: Loose,
): Loose {
  const type = getNullableType(given)
  if (isListType(type)) return example ?? [valueOf(world, field, name, type.ofType, undefined)]
  if (isInputObjectType(type)) {
    const asked = Object.values(type.getFields()).filter(isRequiredInputField)
    const demanded = asked.map((one) => [
      one.name,
      valueOf(world, field, one.name, one.type, example?.[one.name]),
    ])
    return { ...Object.fromEntries(demanded), ...example }
  }
  if (example !== undefined) return example
  if (isEnumType(type)) return type.getValues()[0]?.name
  switch (getNamedType(type).name) {
    case 'ID':
      return idsOf(world)[name === 'id' ? getNamedType(field.type).name : name] ?? newId()
    case 'Int':
    case 'Float':
      return 1
    case 'Boolean':
      return true
    case 'Money':
      return 1_000
    case 'JSON':
      return {}
    case 'DateTime':
      return new Date(Date.now() + 30 * 86_400_000).toISOString()
    default:
      return name === 'email' ? `${world.text().replaceAll(' ', '.')}@karcis.test` : world.text()
  }
}
