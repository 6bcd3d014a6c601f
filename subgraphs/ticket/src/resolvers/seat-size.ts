import { type GraphQLResolveInfo, Kind, type SelectionSetNode } from 'graphql'

/** About how long the values of a seat are in JSON. */
const VALUE_BYTES: Record<string, number> = {
  id: 38,
  section: 14,
  row: 4,
  number: 3,
  label: 5,
  status: 11,
  heldUntil: 15,
  accessible: 5,
  companion: 5,
  obstructed: 5,
  x: 4,
  y: 4,
  __typename: 8,
}
/** And of whatever is asked of an object at it. */
const OTHER_BYTES = 16

/** What a selection comes to for each object that it is made of: about so many bytes of JSON, and so many objects, itself among them. */
interface Size {
  bytes: number
  objects: number
}

/** By selection: documents are kept, and with them what their parts come to; each is reckoned once, however often a fragment is spread. */
const sizes = new WeakMap<SelectionSetNode, Size>()

/** What is asked of each of the seats that a field gives. */
export function seatSize(info: GraphQLResolveInfo): Size {
  const parts = info.fieldNodes.flatMap(({ selectionSet }) => {
    return selectionSet ? sizeOf(selectionSet, info) : []
  })
  return {
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, 0),
    objects: Math.max(1, ...parts.map(({ objects }) => objects)),
  }
}

function sizeOf(selectionSet: SelectionSetNode, info: GraphQLResolveInfo): Size {
  const known = sizes.get(selectionSet)
  if (known) return known
  const size: Size = { bytes: 2, objects: 1 }
  const add = ({ bytes, objects }: Size): void => {
    size.bytes += bytes
    size.objects += objects
  }
  for (const selection of selectionSet.selections) {
    if (selection.kind === Kind.FIELD) {
      const name = (selection.alias ?? selection.name).value
      size.bytes += name.length + 4 // its quotes, a colon and a comma
      if (selection.selectionSet) add(sizeOf(selection.selectionSet, info))
      else size.bytes += VALUE_BYTES[selection.name.value] ?? OTHER_BYTES
      continue
    }
    const part = selection.kind === Kind.INLINE_FRAGMENT ? selection : info.fragments[selection.name.value]
    if (!part) continue
    const { bytes, objects } = sizeOf(part.selectionSet, info)
    add({ bytes: bytes - 2, objects: objects - 1 })
  }
  sizes.set(selectionSet, size)
  return size
}
