-- Events can be offered on a fresh platform before an admin has thought of categories. Whoever has some keeps to them.
INSERT INTO categories (id, name, description, slug)
SELECT id, name, description, slug FROM (VALUES
  ('019ac000-0000-7000-8000-000000000001'::uuid, 'Seminar', 'Seminar, lokakarya, dan konferensi. Talks, workshops and conferences.', 'seminar'),
  ('019ac000-0000-7000-8000-000000000002'::uuid, 'Konser', 'Musik langsung. Live music.', 'konser'),
  ('019ac000-0000-7000-8000-000000000003'::uuid, 'Horror', 'Rumah hantu, film, dan malam seram. Haunted houses, films and nights to be afraid.', 'horror'),
  ('019ac000-0000-7000-8000-000000000004'::uuid, 'Komedi', 'Stand-up dan lawakan. Stand-up and comedy.', 'komedi'),
  ('019ac000-0000-7000-8000-000000000005'::uuid, 'Olahraga', 'Pertandingan dan lomba. Matches and races.', 'olahraga')
) AS first(id, name, description, slug)
WHERE NOT EXISTS (SELECT FROM categories);
