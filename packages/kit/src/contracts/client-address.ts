/**
 * The address that a request of a client came from, as the router saw it: of the socket, or of a proxy that it trusts. What
 * is limited by address goes by it.
 */
export const CLIENT_ADDRESS_HEADER = 'x-karcis-client-address'
