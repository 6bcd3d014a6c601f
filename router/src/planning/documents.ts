import { type DocumentNode, Kind, visit } from 'graphql'
import { LRUCache } from 'lru-cache'

/** Valid documents by their text, and all that is made of them: it lives as long as the document is kept. */
export type Documents = LRUCache<string, DocumentNode>

/** What all documents may take that are kept. */
const MAX_BYTES = 100_000_000

const MAX_DOCUMENTS = 5_000

/**
 * Measured on the heap of Node 24, as the upper bound of documents from one field to hundreds of aliases, each with its operations planned
 * and compiled for two roles. A character takes anything from 4 bytes (a comment) to a thousand (a short query), so it says nothing.
 */
const BYTES_PER_TOKEN = 1_500
const BYTES_PER_OPERATION = 35_000
/** Combinations of conditions that it is planned for, of each of two roles: see `prepareOperation`. */
const MAX_VARIANTS = 8

/** The same of a document that is only parsed. */
const PARSED_BYTES_PER_TOKEN = 400
const PARSED_BYTES = 6_000

export const createDocuments = (maxBytes = MAX_BYTES): Documents =>
  new LRUCache({
    max: MAX_DOCUMENTS,
    maxSize: maxBytes,
    sizeCalculation: (document, text) => {
      const operations = document.definitions.filter(({ kind }) => kind === Kind.OPERATION_DEFINITION).length
      const planned = countTokens(document, text) * BYTES_PER_TOKEN + operations * BYTES_PER_OPERATION
      return planned * countVariants(document)
    },
  })

/** What may be taken by documents that Apollo Server keeps, to parse and validate nothing twice. */
const MAX_PARSED_BYTES = 20_000_000

/** Apollo Server's own would count the characters of a document as JSON, which are a tenth of it. */
export function createDocumentStore() {
  const parsed = new LRUCache<string, DocumentNode>({
    max: MAX_DOCUMENTS,
    maxSize: MAX_PARSED_BYTES,
    sizeCalculation: (document, key) => countTokens(document, key) * PARSED_BYTES_PER_TOKEN + PARSED_BYTES,
  })
  return {
    get: async (key: string) => parsed.get(key),
    set: async (key: string, document: DocumentNode) => void parsed.set(key, document),
    delete: async (key: string) => parsed.delete(key),
  }
}

function countVariants(document: DocumentNode): number {
  const conditions = new Set<string>()
  visit(document, {
    Directive({ arguments: [argument] = [] }) {
      if (argument?.value.kind === Kind.VARIABLE) conditions.add(argument.value.name.value)
    },
  })
  return Math.min(2 ** conditions.size, MAX_VARIANTS)
}

/** Where it was parsed without locations, as many as its text can have. */
function countTokens({ loc }: DocumentNode, text: string): number {
  if (!loc) return text.length
  let count = 1
  for (let token = loc.startToken; token.next; token = token.next) count++
  return count
}
