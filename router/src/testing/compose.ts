import { composeServices } from '@apollo/composition'
import { parse } from 'graphql'

/** @param urlOf where each subgraph is served; unless given, nowhere. */
export function compose(
  schemas: Record<string, string>,
  urlOf: (name: string) => string = (name) => `http://${name}.invalid/graphql`,
): string {
  const { supergraphSdl, errors } = composeServices(
    Object.entries(schemas).map(([name, sdl]) => ({ name, url: urlOf(name), typeDefs: parse(sdl) })),
  )
  if (!supergraphSdl) throw new AggregateError(errors ?? [], 'the test schemas do not compose')
  return supergraphSdl
}
