/**
 * The small world that all contenders serve: three subgraphs, the data behind them, and what is asked. Nothing here needs
 * a package, so that every process of the bench can import it.
 */
export const SUBGRAPHS = {
  products: `
    type Query { topProducts(page: Int! = 0): [Product!]! }
    type Subscription { priceChanged: Product! }
    type Product @key(fields: "id") { id: ID! name: String! price: Price! }
    type Price { amount: Int! currency: String! }`,
  reviews: `
    type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
    type Review { body: String! stars: Int! author: User! }
    type User @key(fields: "id") { id: ID! }`,
  accounts: `
    type User @key(fields: "id") { id: ID! name: String! city: String! }`,
}

export type SubgraphName = keyof typeof SUBGRAPHS

export const SUBGRAPH_NAMES = Object.keys(SUBGRAPHS) as SubgraphName[]

const PAGE_SIZE = 5
const REVIEWS_PER_PRODUCT = 2
const USERS = 97

const CITIES = ['Bandung', 'Yogyakarta', 'Surabaya', 'Makassar']
const OPINIONS = [
  'Sold out within the hour, and rightly so: go if you can.',
  'Good seats, good sound; the bar was closed.',
  'An evening that the whole family still talks about.',
]

const at = (list: string[], index: number): string => list[index % list.length] ?? ''

export const productOf = (id: number) => ({
  id: String(id),
  name: `An evening of chamber music, part ${id}`,
  price: { amount: 50_000 + id * 250, currency: 'IDR' },
})

export const reviewsOf = (productId: number) =>
  Array.from({ length: REVIEWS_PER_PRODUCT }, (_, index) => {
    const number = productId * REVIEWS_PER_PRODUCT + index
    return {
      body: at(OPINIONS, number),
      stars: 1 + (number % 5),
      author: { id: String((number * 7) % USERS) },
    }
  })

export const userOf = (id: number) => ({ id: String(id), name: `Nadia ${id}`, city: at(CITIES, id) })

export const productsOf = (page: number) =>
  Array.from({ length: PAGE_SIZE }, (_, index) => productOf(page * PAGE_SIZE + index))

const reviewedBy = (productId: string) =>
  reviewsOf(Number(productId)).map(({ body, author }) => ({
    body,
    author: { name: userOf(Number(author.id)).name },
  }))

/** One query, and what a right answer to it has as `data`. */
export interface Workload {
  title: string
  query: string
  data(page: number): unknown
}

export const WORKLOADS: Workload[] = [
  {
    title: 'A query across three subgraphs',
    query:
      'query Reviewed($page: Int!) { topProducts(page: $page) { id name price { amount } reviews { body author { name } } } }',
    data: (page) => ({
      topProducts: productsOf(page).map(({ id, name, price }) => ({
        id,
        name,
        price: { amount: price.amount },
        reviews: reviewedBy(id),
      })),
    }),
  },
  {
    title: 'A query to one subgraph',
    query: 'query Plain($page: Int!) { topProducts(page: $page) { id name price { amount currency } } }',
    data: (page) => ({ topProducts: productsOf(page) }),
  },
]

/** A subscription, and what a watcher is sent as `data` for the event with this number. */
export interface Feed {
  query: string
  data(number: number): { priceChanged: object }
}

/** The event with this number: the number is the price, so that none can be lost or swapped unseen. */
export const eventOf = (number: number) => ({
  ...productOf(1),
  price: { amount: number, currency: 'IDR' },
})

export const PRICES: Feed = {
  query: 'subscription Prices { priceChanged { id name price { amount } } }',
  data: (number) => {
    const { id, name } = eventOf(number)
    return { priceChanged: { id, name, price: { amount: number } } }
  },
}

/** The subgraph that tells of an event knows no reviews, and the one that does knows no names. */
export const REVIEWED_PRICES: Feed = {
  query:
    'subscription Reviewed { priceChanged { id name price { amount } reviews { body author { name } } } }',
  data: (number) => {
    const { priceChanged } = PRICES.data(number)
    return { priceChanged: { ...priceChanged, reviews: reviewedBy(eventOf(number).id) } }
  },
}
