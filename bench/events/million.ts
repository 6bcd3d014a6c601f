import type pg from 'pg'

/** Events a million of which are the ordinary case: places, categories, prices, words and days that are spread unevenly, as they are. */
const CATEGORIES = ['bench-musik', 'bench-teater', 'bench-olahraga', 'bench-seminar', 'bench-komedi']
const VENUES = 20_000
const CHUNK = 50_000

/** What they write comes at the end, all at once. */
const TRIGGERS = ['events_write_text', 'events_write_listings', 'events_write_texts']

/**
 * Fills a migrated database with events: nine of ten approved, from three years ago until two years from now, four of ten in one of three
 * cities, each with a title and a description of some forty words in two languages.
 * @param told is told how many there are.
 */
export async function writeEvents(
  db: pg.Client,
  count: number,
  told: (written: number) => void,
): Promise<void> {
  for (const trigger of TRIGGERS) await db.query(`ALTER TABLE events DISABLE TRIGGER ${trigger}`)
  await db.query(
    'INSERT INTO categories (id, name, slug) SELECT uuidv7(), name, name FROM unnest($1::text[]) name',
    [CATEGORIES],
  )
  // Cities of a size like 1/n, scattered over the archipelago; venues around their middle.
  await db.query(
    `INSERT INTO venues (id, name, city, address, latitude, longitude)
     SELECT uuidv7(), 'Gedung ' || n, 'Kota ' || city, 'Jalan ' || n, -10 + (city * 37 % 160) / 10.0 + random() * 0.3, 95 + (city * 53 % 450) / 10.0 + random() * 0.3
     FROM generate_series(1, $1::int) n, LATERAL (SELECT least(400, floor(power(400, random() + n * 0))::int) AS city) c`,
    [VENUES],
  )
  await db.query(`CREATE TEMP TABLE place AS SELECT row_number() OVER () AS n, id FROM venues`)
  await db.query('CREATE INDEX ON place (n)')
  await db.query(
    `CREATE TEMP TABLE kind AS SELECT row_number() OVER () AS n, id FROM categories WHERE slug LIKE 'bench-%'`,
  )
  for (let from = 0; from < count; from += CHUNK) {
    await db.query('BEGIN')
    await db.query(
      `INSERT INTO events (id, slug, title, description, status, organizer_id, category_id, venue_id, starts_at, ends_at, timezone, online,
         currency, approved_at)
       SELECT uuidv7(), 'bench-' || e.n, initcap(words[1 + e.n % 60] || ' ' || words[1 + e.n / 60 % 60]) || ' ' || e.n,
         (SELECT string_agg(words[1 + (e.n * 7 + w * w * 13 + e.n / (w + 1)) % 60], ' ') FROM generate_series(1, 40) w) || ' nama' || e.n / 20,
         (CASE WHEN e.n % 10 > 0 THEN 'APPROVED' ELSE (ARRAY['DRAFT', 'PENDING', 'REJECTED', 'CANCELLED'])[1 + e.n / 10 % 4] END)::event_status,
         md5('organizer ' || e.n % 5000)::uuid, kind.id, CASE WHEN e.n % 50 <> 7 THEN place.id END, at, at + interval '3 h',
         (ARRAY['Asia/Jakarta', 'Asia/Makassar', 'Asia/Jayapura'])[1 + e.n % 3], e.n % 50 = 7, 'IDR', now()
       FROM generate_series($1::int, $2::int) e(n)
       JOIN place ON place.n = 1 + (e.n::bigint * 7919) % ${VENUES} JOIN kind ON kind.n = 1 + (e.n / 7) % ${CATEGORIES.length},
       LATERAL (SELECT now() + (random() * 5 - 3) * interval '365 d' + e.n * interval '0 s' AS at) a,
       LATERAL (SELECT string_to_array('konser malam musik senja pantai kota tari gamelan wayang lukisan seni pameran kuliner pasar komedi '
         'panggung film horor kisah cinta seminar belajar bersama anak keluarga lari maraton sepeda bola basket tinju renang yoga sehat '
         'concert night music sunset beach city dance puppet painting art fair food market comedy stage film horror story love seminar '
         'learning together children family run marathon cycling football', ' ') AS words) v`,
      [from + 1, Math.min(count, from + CHUNK)],
    )
    await db.query('COMMIT')
    told(Math.min(count, from + CHUNK))
  }
}

/** What triggers and other subgraphs would have written by then: listings with prices and popularity, texts, and known words. */
export async function writeWhatIsKnown(db: pg.Client): Promise<void> {
  await db.query(
    `INSERT INTO event_listings (event_id, starts_at, title_key, city_key, position, currency, price_from, price_to, popularity)
     SELECT e.id, e.starts_at, searchable(e.title), coalesce(searchable(v.city), ''), place_position(v.latitude, v.longitude), 'IDR', low, low * 3,
       CASE WHEN random() < 0.05 THEN popularity_after(0, 1 + random() * 100, now() - random() * interval '60 d') ELSE 0 END
     FROM events e LEFT JOIN venues v ON v.id = e.venue_id,
     LATERAL (SELECT CASE WHEN random() + length(e.slug) * 0 < 0.9 THEN (floor(exp(random() * 5)) * 10000)::bigint END AS low) p`,
  )
  await db.query('DROP INDEX event_texts_text, event_texts_words, event_texts_document')
  await db.query(
    `INSERT INTO event_texts (event_id, text, words, document)
     SELECT id, '', ''::tsvector, search_document(searchable(title), searchable(coalesce(place, '')), searchable(description))
     FROM (SELECT e.id, e.title, e.description, v.name || ' ' || v.city AS place FROM events e LEFT JOIN venues v ON v.id = e.venue_id) n`,
  )
  await db.query("SET maintenance_work_mem = '512MB'")
  await db.query(
    'CREATE INDEX event_texts_document ON event_texts USING gin (document) WITH (fastupdate = off)',
  )
  // Of the description's words each is one of sixty, and one that twenty events share.
  await db.query(
    `INSERT INTO search_words SELECT DISTINCT found.lexeme FROM (SELECT document FROM event_texts LIMIT 20000) t, unnest(t.document) found
     WHERE found.lexeme ~ '^[[:alnum:]]{3,40}$' ON CONFLICT DO NOTHING`,
  )
  await db.query('VACUUM ANALYZE')
}
