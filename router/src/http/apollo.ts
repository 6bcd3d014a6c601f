import type { ServiceMap } from '@apollo/gateway'
import { ApolloServer, type ApolloServerOptionsWithGateway, type ApolloServerPlugin } from '@apollo/server'
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import { newId } from '@karcis/kit/ids'
import type { Logger } from '@karcis/kit/log'
import {
  buildSchema,
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
  printSchema,
} from 'graphql'
import { publicError, toJson } from '../errors.ts'
import { executeIncrementally, type IncrementalPayload } from '../execution/deferred.ts'
import { executeOperation } from '../execution/execute.ts'
import { createDocumentStore } from '../planning/documents.ts'
import type { SupergraphFile } from '../planning/supergraph-file.ts'
import type { Supergraph } from '../planning/supergraph.ts'
import type { CurrentViewer } from '../security/authenticate.ts'
import { MAX_TOKENS } from '../security/limits.ts'
import type { Allowance } from '../security/rate-limits.ts'
import type { Explorer } from '../settings.ts'
import type { FetchContext } from '../subgraphs/request.ts'

type Gateway = ApolloServerOptionsWithGateway<HttpContext>['gateway']

/** One request over HTTP. */
export interface HttpContext extends FetchContext {
  /** What the client may still ask in this hour; null where that is as much as it likes. */
  allowance: Allowance | null
  /** Called when a well-formed request asks for something that cannot be executed; its status depends on the content type. */
  onRefusal(): void
  /** Takes the payloads that follow the initial one; undefined for a client that takes one response only. */
  onIncremental?: (payloads: AsyncIterable<IncrementalPayload>) => void
}

/** An error that is already what the client may see; Apollo Server wants it as an Error. */
class Formatted extends GraphQLError {
  readonly formatted: GraphQLFormattedError

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message, { extensions: formatted.extensions })
    this.formatted = formatted
  }
}

const reportRefusals: ApolloServerPlugin<HttpContext> = {
  requestDidStart: async () => ({
    willSendResponse: async ({ response: { body }, errors = [], contextValue }) => {
      if (body.kind !== 'single' || body.singleResult.data !== undefined) return
      const isMalformed = errors.some(({ extensions }) => extensions.code === 'BAD_REQUEST')
      const isClientError = body.singleResult.errors?.every(
        ({ extensions }) => extensions?.code === 'BAD_USER_INPUT',
      )
      if (isClientError && !isMalformed) contextValue.onRefusal()
    },
  }),
}

/** Apollo Server does GraphQL over HTTP: reading requests, validation, CSRF prevention, content types, the landing page. */
export async function startApollo(
  file: SupergraphFile,
  services: ServiceMap,
  currentViewer: CurrentViewer,
  log: Logger,
  explorer: Explorer,
): Promise<ApolloServer<HttpContext>> {
  const apollo = new ApolloServer<HttpContext>({
    gateway: createGateway(file, services, currentViewer),
    introspection: true, // the API is public, and explorers need its schema
    csrfPrevention: true,
    persistedQueries: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    documentStore: createDocumentStore(),
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    // Its own adds a line break, which responses of the fast path do not have.
    stringifyResult: toJson,
    logger: log,
    plugins: [
      explorer === 'sandbox'
        ? ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false, includeCookies: false })
        : ApolloServerPluginLandingPageDisabled(),
      reportRefusals,
    ],
    formatError: (_, error) =>
      error instanceof Formatted ? error.formatted : publicError(error, { requestId: newId(), log }),
  })
  await apollo.start()
  return apollo
}

/** Gives Apollo Server each version of the schema, and executes on the version that a request was validated against. */
function createGateway(file: SupergraphFile, services: ServiceMap, currentViewer: CurrentViewer): Gateway {
  const versions = new WeakMap<GraphQLSchema, Supergraph>()
  return {
    onSchemaLoadOrUpdate(listener) {
      const use = (supergraph: Supergraph): void => {
        // Its plugins wrap every resolver of the schema that they are given, and ours would not be asked any more.
        const apiSchema = buildSchema(printSchema(supergraph.apiSchema), { noLocation: true })
        versions.set(apiSchema, supergraph)
        listener({ apiSchema, coreSupergraphSdl: supergraph.sdl })
      }
      use(file.current)
      file.onChange(use)
      return () => undefined
    },
    load: async () => ({
      executor: async ({ schema, document: valid, request, context }) => {
        const { query, operationName, variables } = request
        const supergraph = versions.get(schema) ?? file.current
        const { viewer, requestId, log, waiting, address, browser, allowance, onIncremental } =
          context as HttpContext
        const document = supergraph.documents.get(query ?? '') ?? valid
        if (query) supergraph.documents.set(query, document)
        const client = { viewer, currentViewer, requestId, log, waiting, address, browser, allowance }
        const asked = { supergraph, document, operationName, variables, ...client }
        return asErrors(
          await (onIncremental
            ? executeIncrementally(asked, services, onIncremental)
            : executeOperation(asked, services)),
        )
      },
    }),
    stop: async () => undefined,
  }
}

const asErrors = ({ errors, data }: FormattedExecutionResult) => ({
  ...(errors && { errors: errors.map((error) => new Formatted(error)) }),
  ...(data !== undefined && { data }),
})
