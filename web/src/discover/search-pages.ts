export { SearchPage } from './search-page.tsx'
export { WishlistPage } from './wishlist-page.tsx'
