/** What `/embed/<slug>.json` gives (web/server/embeds.ts). */
interface Card {
  title: string
  url: string
  startsAt: string
  timezone: string
  online: boolean
  place: { name: string; city: string } | null
  image: string | null
  price: { from: number; currency: string } | null
  state: 'ON_SALE' | 'UPCOMING' | 'SOLD_OUT' | 'PAUSED' | 'ENDED' | 'CANCELLED' | 'CLOSED'
}

const TEXTS = {
  id: {
    ON_SALE: 'Beli tiket',
    UPCOMING: 'Segera dijual',
    SOLD_OUT: 'Tiket habis',
    PAUSED: 'Penjualan dijeda',
    ENDED: 'Sudah berakhir',
    CANCELLED: 'Dibatalkan',
    CLOSED: 'Lihat acara',
    free: 'Gratis',
    from: 'Mulai',
    online: 'Daring',
    away: 'Lihat tiket di Karcis',
  },
  en: {
    ON_SALE: 'Get tickets',
    UPCOMING: 'On sale soon',
    SOLD_OUT: 'Sold out',
    PAUSED: 'Sale paused',
    ENDED: 'Over',
    CANCELLED: 'Cancelled',
    CLOSED: 'See the event',
    free: 'Free',
    from: 'From',
    online: 'Online',
    away: 'See tickets on Karcis',
  },
}

const STYLE = `:host{display:block;max-width:26rem;color-scheme:light dark;font:1rem/1.45 system-ui,sans-serif}
:host([hidden]){display:none}:host([theme=light]){color-scheme:light}:host([theme=dark]){color-scheme:dark}
article{display:grid;overflow:hidden;border:1px solid light-dark(#ddd5c6,#4a423a);border-radius:14px;background:light-dark(#fdfbf6,#26211c);color:light-dark(#2b231c,#f0ebe2)}
img{width:100%;aspect-ratio:16/9;object-fit:cover}
div{display:grid;gap:.25rem;padding:1rem 1.125rem 1.125rem;border-top:2px dashed light-dark(#ddd5c6,#4a423a)}
div:first-child{border:0}h3{margin:0;font-size:1.25rem;line-height:1.2;overflow-wrap:anywhere}p{margin:0;font-size:.9375rem}
a{margin-top:.75rem;padding:.6875rem 1rem;border-radius:8px;background:light-dark(#3f3ccb,#b0b0ff);color:light-dark(#fff,#17143a);text-align:center;text-decoration:none;font-weight:600}
a:hover{filter:brightness(1.1)}a:focus-visible{outline:3px solid;outline-offset:3px}
a.quiet{background:none;color:inherit;box-shadow:inset 0 0 0 1px}`

const ORIGIN = new URL(import.meta.url).origin

/** An event of Karcis on any page: `<karcis-event event="its-slug" lang="en" theme="dark">`. Its button leads to the event, never into a frame: browsers keep a frame's cookies from it. */
class KarcisEvent extends HTMLElement {
  static observedAttributes = ['event', 'lang', 'theme']
  readonly #root = this.attachShadow({ mode: 'open' })
  #asked = new AbortController()
  #again = (): void => {
    if (document.visibilityState === 'visible') void this.#show()
  }

  connectedCallback(): void {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(STYLE)
    this.#root.adoptedStyleSheets = [sheet]
    document.addEventListener('visibilitychange', this.#again)
    void this.#show()
  }

  disconnectedCallback(): void {
    document.removeEventListener('visibilitychange', this.#again)
    this.#asked.abort()
  }

  attributeChangedCallback(): void {
    if (this.isConnected) void this.#show()
  }

  async #show(): Promise<void> {
    this.#asked.abort()
    const { signal } = (this.#asked = new AbortController())
    const slug = encodeURIComponent(this.getAttribute('event') ?? '')
    const card = await fetch(`${ORIGIN}/embed/${slug}.json`, { signal }).then(
      (answer) => (answer.ok ? (answer.json() as Promise<Card>) : null),
      () => null,
    )
    if (signal.aborted) return
    const wanted = this.closest('[lang]')?.getAttribute('lang') ?? navigator.language
    const language = wanted.startsWith('id') ? 'id' : 'en'
    const content = card ? linesOf(card, language) : []
    const text = TEXTS[language]
    const link = element('a', card ? text[card.state] : text.away)
    link.href = card?.url ?? `${ORIGIN}/events/${slug}`
    link.target = '_top'
    link.part.add('button')
    if (card?.state !== 'ON_SALE') link.className = 'quiet'
    const article = element('article')
    article.part.add('card')
    if (card?.image) {
      const image = element('img')
      image.src = card.image
      image.alt = ''
      image.loading = 'lazy'
      article.append(image)
    }
    const body = element('div')
    body.append(...content, link)
    article.append(body)
    this.#root.replaceChildren(article)
  }
}

function linesOf({ title, startsAt, timezone, place, online, price }: Card, language: 'id' | 'en'): Node[] {
  const text = TEXTS[language]
  const when = new Intl.DateTimeFormat(language, {
    dateStyle: 'full',
    timeStyle: 'short',
    timeZone: timezone,
  })
  const amount =
    price &&
    new Intl.NumberFormat(language, {
      style: 'currency',
      currency: price.currency,
      trailingZeroDisplay: 'stripIfInteger',
    }).format(price.from)
  const lines = [
    when.format(new Date(startsAt)),
    place ? `${place.name}, ${place.city}` : online && text.online,
    price && (price.from > 0 ? `${text.from} ${amount}` : text.free),
  ]
  return [element('h3', title), ...lines.filter(Boolean).map((line) => element('p', String(line)))]
}

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  text = '',
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  made.textContent = text
  return made
}

if (!customElements.get('karcis-event')) customElements.define('karcis-event', KarcisEvent)
