import { ApolloServer, type ApolloServerOptionsWithGateway } from '@apollo/server'
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default'
import type { ServiceMap } from '@apollo/gateway'
import {
  type FormattedExecutionResult,
  GraphQLError,
  type GraphQLFormattedError,
  type GraphQLSchema,
} from 'graphql'
import { newId } from '@karcis/kit/ids'
import type { Logger } from '@karcis/kit/log'
import { executeOperation, type FetchContext } from '../execution/execute.ts'
import type { Supergraph } from '../execution/supergraph.ts'
import type { SupergraphFile } from '../execution/supergraph-file.ts'
import { publicError } from '../errors.ts'
import { MAX_TOKENS } from '../security/limits.ts'

type Gateway = ApolloServerOptionsWithGateway<FetchContext>['gateway']

/** An error that is already what the client may see; Apollo Server wants it as an Error. */
class Formatted extends GraphQLError {
  readonly formatted: GraphQLFormattedError

  constructor(formatted: GraphQLFormattedError) {
    super(formatted.message, { extensions: formatted.extensions })
    this.formatted = formatted
  }
}

/** Apollo Server does GraphQL over HTTP: reading requests, validation, CSRF prevention, content types, the landing page. */
export async function startApollo(
  file: SupergraphFile,
  services: ServiceMap,
  log: Logger,
): Promise<ApolloServer<FetchContext>> {
  const apollo = new ApolloServer<FetchContext>({
    gateway: createGateway(file, services),
    introspection: true, // the API is public, and the explorers on it live off its schema
    csrfPrevention: true,
    persistedQueries: false,
    parseOptions: { maxTokens: MAX_TOKENS },
    stopOnTerminationSignals: false,
    includeStacktraceInErrorResponses: false,
    logger: log,
    plugins: [
      ApolloServerPluginLandingPageLocalDefault({ embed: true, footer: false, includeCookies: false }),
    ],
    formatError: (_, error) =>
      error instanceof Formatted ? error.formatted : publicError(error, { requestId: newId(), log }),
  })
  await apollo.start()
  return apollo
}

/** Gives Apollo Server each version of the schema, and executes on the version that a request was validated against. */
function createGateway(file: SupergraphFile, services: ServiceMap): Gateway {
  const versions = new WeakMap<GraphQLSchema, Supergraph>()
  return {
    onSchemaLoadOrUpdate(listener) {
      const use = (supergraph: Supergraph): void => {
        versions.set(supergraph.apiSchema, supergraph)
        listener({ apiSchema: supergraph.apiSchema, coreSupergraphSdl: supergraph.sdl })
      }
      use(file.current)
      file.onChange(use)
      return () => undefined
    },
    load: async () => ({
      executor: async ({ schema, document, request, context }) => {
        const { operationName, variables } = request
        const supergraph = versions.get(schema) ?? file.current
        const scope = context as FetchContext
        return asErrors(
          await executeOperation({ supergraph, document, operationName, variables, ...scope }, services),
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
