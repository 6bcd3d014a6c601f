// Hive Gateway as `hive-gateway supergraph` sets it up, with subscriptions to subgraphs over WebSocket.
export const gatewayConfig = {
  logging: 'error',
  transportEntries: {
    '*.http': { options: { subscriptions: { kind: 'ws', location: '/graphql' } } },
  },
}
