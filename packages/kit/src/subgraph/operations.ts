import {
  type DocumentNode,
  type ExecutionResult,
  execute,
  type GraphQLSchema,
  getOperationAST,
  OperationTypeNode,
  parse,
} from 'graphql'
import { LRUCache } from 'lru-cache'
import { type OperationAnswer, runByApollo, startApollo } from './apollo.ts'
import { KarcisError, ServiceUnavailable } from '../errors.ts'
import { bytesOf, MAX_TOKENS } from './document-limits.ts'
import { jsonPieces } from './json-pieces.ts'
import { LargeAnswers } from './large-answers.ts'
import { AnswerTooLarge, countObjects, MAX_OBJECTS, ObjectBudget, withinBudget } from './object-budget.ts'
import { whoWaits } from '../waiting.ts'
import { formatError } from '../graphql-errors.ts'
import { isPlainOperation, isRecord, type PlainOperation } from '../plain-operation.ts'
import { nulIn } from './no-nul.ts'
import type { RequestScope } from '../viewer.ts'

/** What all documents may take that are kept. */
const MAX_DOCUMENTS_BYTES = 50_000_000

/** Runs operations of one schema. */
export interface Operations<Context> {
  /** Answers what a client sent as one operation, whatever it is. @param sent when the answer has been sent, or never will be. */
  run(body: unknown, context: Context, sent: Promise<void>): Promise<OperationAnswer>
  /** Answers a member of a batch with the result as JSON. Whatever fails is told in it. */
  runMember(member: object, context: Context, sent: Promise<void>): Promise<OperationAnswer['json']>
  stop(): Promise<void>
}

const OVERDUE = 'This took longer than was waited for.'

/** What Apollo Server says of whatever was executed. */
const EXECUTED = { status: 200, headers: { 'content-type': 'application/json; charset=utf-8' } }

/**
 * Runs operations as Apollo Server does, byte by byte. A document goes through it once, so that reading and validating it,
 * and telling what is wrong, is done in one place; from then on it is only executed. Errors are masked here, and logged
 * with the request id of the context.
 * @param options `maxObjects` of the answer to one operation; `largeAnswers` that are made elsewhere, too.
 */
export async function createOperations<Context extends RequestScope>(
  schema: GraphQLSchema,
  { maxObjects = MAX_OBJECTS, largeAnswers = new LargeAnswers() } = {},
): Promise<Operations<Context>> {
  countObjects(schema)
  /** Valid documents by their text. */
  const known = new LRUCache<string, DocumentNode>({
    max: 1_000,
    maxSize: MAX_DOCUMENTS_BYTES,
    sizeCalculation: bytesOf,
  })
  const apollo = await startApollo<Context>(schema, (text, document) => known.set(text, document))

  /** Null, with nothing executed, when it is for Apollo Server to answer. */
  async function runKnown(
    { query, operationName, variables }: PlainOperation,
    contextValue: Context,
    { admission }: ObjectBudget,
  ): Promise<OperationAnswer['json'] | null> {
    const document = known.get(query)
    const operation = document && getOperationAST(document, operationName)
    if (!operation) return null
    if (operation.operation !== OperationTypeNode.QUERY) whoWaits()?.keep()
    const result = await execute({
      schema,
      document,
      operationName,
      variableValues: variables,
      contextValue,
    })
    if (result.data === undefined) return null // wrong variables
    const formatted = formatResult(result, contextValue)
    return admission.isLarge ? jsonPieces(formatted) : JSON.stringify(formatted)
  }

  async function run(body: unknown, context: Context, sent: Promise<void>): Promise<OperationAnswer> {
    if (isRecord(body)) {
      const nul = nulIn(body.variables)
      if (nul) return refused(nul, context)
    }
    const admission = largeAnswers.admission()
    const budget = new ObjectBudget(maxObjects, admission)
    try {
      const answer = await withinBudget(budget, () => executeAny(body, context, budget))
      return whoWaits()?.isOver ? unanswered(new ServiceUnavailable(OVERDUE), context) : answer
    } catch (error) {
      if (error instanceof AnswerTooLarge) return unanswered(error, context)
      if (isTooLong(error)) return unanswered(new AnswerTooLarge(maxObjects), context)
      throw error
    } finally {
      admission.end(sent)
    }
  }

  async function executeAny(body: unknown, context: Context, budget: ObjectBudget): Promise<OperationAnswer> {
    const isPlain = isPlainOperation(body) && body.extensions == null
    const json = isPlain ? await runKnown(body, context, budget) : null
    return json === null ? runByApollo(apollo, body, context) : { ...EXECUTED, json }
  }

  /** Whether it is certainly no query. What else may be wrong with it is told by whoever runs it. */
  function isWrite({ query, operationName }: Partial<PlainOperation>): boolean {
    if (typeof query !== 'string') return false
    try {
      const operation = getOperationAST(
        known.get(query) ?? parse(query, { maxTokens: MAX_TOKENS }),
        operationName,
      )
      return operation != null && operation.operation !== OperationTypeNode.QUERY
    } catch {
      return false
    }
  }

  return {
    run,
    async runMember(member, context, sent) {
      try {
        if (isWrite(member)) throw new KarcisError('BAD_USER_INPUT', 'A batch takes queries only.')
        return (await run(member, context, sent)).json
      } catch (error) {
        return JSON.stringify({ errors: [formatError(error, context)] })
      }
    },
    stop: () => apollo.stop(),
  }
}

/** What is wrong with a request before anything was executed. */
const refused = (error: Error, scope: RequestScope): OperationAnswer => ({
  status: 400,
  headers: EXECUTED.headers,
  json: JSON.stringify({ errors: [formatError(error, scope)] }),
})

/** Whether a text would be longer than V8 has them: 512 MB. */
const isTooLong = (error: unknown): boolean =>
  error instanceof RangeError && error.message === 'Invalid string length'

/** Stands in for an answer that was given up. */
const unanswered = (error: Error, scope: RequestScope): OperationAnswer => ({
  ...EXECUTED,
  json: JSON.stringify({ errors: [formatError(error, scope)], data: null }),
})

const formatResult = ({ errors, data }: ExecutionResult, scope: RequestScope): object =>
  errors ? { errors: errors.map((error) => formatError(error, scope)), data } : { data }
