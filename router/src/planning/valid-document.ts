import { type DocumentNode, parse, specifiedRules, validate } from 'graphql'
import { requestError } from '../errors.ts'
import { MAX_TOKENS } from '../security/limits.ts'
import type { Supergraph } from './supergraph.ts'

/** A document that is valid against this version of the supergraph. @throws GraphQLError, or AggregateError of several. */
export function validDocument(supergraph: Supergraph, query: string): DocumentNode {
  const known = supergraph.documents.get(query)
  if (known) return known
  const document = parse(query, { maxTokens: MAX_TOKENS })
  const errors = validate(supergraph.apiSchema, document, specifiedRules)
  if (errors.length > 0) throw new AggregateError(errors.map(requestError))
  supergraph.documents.set(query, document)
  return document
}
