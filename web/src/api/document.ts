/** A GraphQL operation as text, with the types of what it takes and gives. Made by `npm run generate` from the rooms' `.graphql` files. */
export type Document<R, V> = string & { readonly __types?: (variables: V) => R }
