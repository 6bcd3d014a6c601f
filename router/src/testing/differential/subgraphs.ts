/**
 * Subgraphs that have, between them, one of everything: compound keys, `@requires`, `@provides`, interfaces, unions, lists of
 * lists, null and non-null everywhere, enums, custom scalars, mutations, and parts that clients may not see. Fields may be null for the
 * objects of an interface where they may be null for the interface: the reference asks no other, see `testing/monolith` for both.
 */
const LINK = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.6",
  import: ["@key", "@requires", "@provides", "@external", "@shareable", "@inaccessible", "@interfaceObject"])
scalar JSON
`

const catalog = `${LINK}
type Query {
  products(first: Int = 3, tags: [String!]): [Product]
  allProducts: [Product!]!
  product(upc: ID!): Product
  best: Product!
  matrix: [[Product]]
  grid: [[Product!]!]!
  search(term: String = "a", limit: Int): [Result]
  found: [Result!]
  media: [Media]
  lead: Media
  node(id: ID!): Node
  nodes: [Node!]!
  settings: JSON
  hint: String
  numbers: [[Int]]
}
type Mutation {
  addProduct(name: String!): Product
  touch: Product!
  count: Int
}
interface Node { id: ID! }
interface Media implements Node @key(fields: "id") { id: ID! title: String! subtitle: String creator: User rating: Float chapters: [Chapter!] }
type Book implements Media & Node @key(fields: "id") { id: ID! title: String! subtitle: String creator: User rating: Float chapters: [Chapter!] pages: Int! isbn: ID }
type Film implements Media & Node @key(fields: "id") { id: ID! title: String! subtitle: String creator: User rating: Float chapters: [Chapter!] minutes: Int cast: [User!] }
type Draft implements Media & Node @key(fields: "id") @inaccessible { id: ID! title: String! subtitle: String creator: User rating: Float chapters: [Chapter!] }
type Chapter { number: Int! title: String lines: [String] next: Chapter book: Book }
union Result = Product | Book | Film | User | Box
type Box { label: String! size: Size! inner: Box items: [Product] }
type Size { w: Int h: Int! unit: Unit }
enum Unit { CM INCH }
enum Status { NEW OLD SECRET @inaccessible }
type Brand { id: ID! name: String! owner: User }
type Product implements Node @key(fields: "upc") @key(fields: "sku brand { id }") {
  id: ID!
  upc: ID!
  sku: String!
  brand: Brand!
  name: String
  title: String! @shareable
  price: Float
  weight: Int
  inStock: Boolean!
  status: Status
  states: [Status!]
  tags: [String!]!
  meta: JSON
  mustMeta: JSON!
  size: Size
  sizes: [Size]
  boxes: [[Box!]]
  related(first: Int): [Product]
  twin: Product!
  maker: User
  cover: Media
  hits: [Result]
}
type User @key(fields: "id") { id: ID! handle: String @shareable }
`

const reviews = `${LINK}
type Query { reviews: [Review!] latest: Review topReview: Review! }
type Mutation { review(upc: ID!, stars: Int = 5): Review unreview: Boolean }
type Review @key(fields: "id") {
  id: ID!
  body: String
  stars: Int!
  author: User @provides(fields: "handle")
  anyone: User!
  product: Product
  subject: Subject
  replies: [Review]
}
union Subject = Product | User
type Product @key(fields: "upc") { upc: ID! reviews(first: Int): [Review] topReview: Review! score: Float! title: String! @shareable }
type User @key(fields: "id") { id: ID! handle: String @external reviews: [Review!]! favourites: [Product] }
`

const users = `${LINK}
type Query { me: User user(id: ID!): User people: [Person] users(ids: [ID!]!): [User]! }
type Mutation { rename(id: ID!, name: String!): User! }
interface Person { name: String email: String! friend: User }
type Guest implements Person { name: String email: String! friend: User token: JSON }
type User implements Person @key(fields: "id") @key(fields: "email") {
  id: ID!
  email: String!
  handle: String @shareable
  name: String
  age: Int
  verified: Boolean
  friend: User
  friends(first: Int = 2): [User!]
  address: Address!
  joined: JSON
}
type Address { city: String! zip: Int geo: [[Float!]!] }
`

const shipping = `${LINK}
type Query { depots: [Depot!]! }
type Depot { name: String! stock: [Product!] }
type Product @key(fields: "upc") @key(fields: "sku brand { id }") {
  upc: ID!
  sku: String!
  brand: Brand!
  price: Float @external
  weight: Int @external
  size: Size @external
  sizes: [Size] @external
  cost: Float @requires(fields: "price weight")
  volume: Int! @requires(fields: "size { w h }")
  volumes: [Int] @requires(fields: "sizes { w } price")
  carrier: Carrier
}
type Brand @shareable { id: ID! }
type Size { w: Int @external h: Int! @external }
type Carrier @key(fields: "code") { code: ID! name: String! contact: User }
type User @key(fields: "email") { email: String! parcels: [Carrier] }
`

const ratings = `${LINK}
type Query { bestMedia: Media }
type Media @key(fields: "id") @interfaceObject { id: ID! likes: Int! fans: [User!] }
type User @key(fields: "id") { id: ID! level: Int }
`

export const SUBGRAPHS: Record<string, string> = { catalog, reviews, users, shipping, ratings }
