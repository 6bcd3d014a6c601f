import { type DocumentNode, Kind, visit } from 'graphql'

const CONTEXT = /^https:\/\/specs\.apollo\.dev\/context\//

/** @throws Error for what a supergraph may say and this router does not follow: loaded, it would give wrong data. */
export function refuseUnsupported(supergraph: DocumentNode): void {
  let type = ''
  let field = ''
  visit(supergraph, {
    ObjectTypeDefinition: ({ name }) => void (type = name.value),
    InterfaceTypeDefinition: ({ name }) => void (type = name.value),
    FieldDefinition: ({ name }) => void (field = name.value),
    Directive({ name, arguments: given = [] }) {
      for (const { name: argument, value } of given) {
        const text = value.kind === Kind.STRING ? value.value : ''
        if (name.value === 'link' && argument.value === 'url' && CONTEXT.test(text))
          throw new Error('This router does not know @context and @fromContext: use @requires instead.')
        if (name.value === 'join__field' && argument.value === 'overrideLabel')
          throw new Error(
            `${type}.${field} is overridden for a label ("${text}"), which this router cannot decide: @override it for all, or not at all.`,
          )
      }
    },
  })
}
