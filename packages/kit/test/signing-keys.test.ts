import { createLocalJWKSet, jwtVerify, SignJWT } from 'jose'
import { expect, it } from 'vitest'
import { createSigningKeys } from '../src/signing-keys.ts'
import { openKitDatabase } from './kit-database.ts'

const SCHEDULE = { signsForDays: 30, publishedAheadMinutes: 60, publishedAfterDays: 2 }
const SEAL = 'seals private keys in this test only'

it('makes one first key, however many processes start at once', async () => {
  await using db = await openKitDatabase()
  const processes = Array.from({ length: 8 }, () => createSigningKeys(db, SEAL, SCHEDULE))
  const kids = await Promise.all(processes.map(async (keys) => (await keys.current()).kid))
  expect(new Set(kids).size).toBe(1)
})

it('publishes a successor before it signs, and the old key after', async () => {
  await using db = await openKitDatabase()
  const keys = createSigningKeys(db, SEAL, SCHEDULE)
  const old = await keys.current()
  const token = await new SignJWT({}).setProtectedHeader({ alg: 'EdDSA', kid: old.kid }).sign(old.privateKey)
  await keys.rotate()
  expect((await keys.current()).kid).toBe(old.kid)
  expect(await keys.published()).toHaveLength(2)

  await db.$executeRaw`UPDATE kit.signing_keys SET signs_from = signs_from - interval '2 hours'`
  const restarted = createSigningKeys(db, SEAL, SCHEDULE)
  expect((await restarted.current()).kid).not.toBe(old.kid)
  const jwks = createLocalJWKSet({ keys: await restarted.published() })
  await expect(jwtVerify(token, jwks)).resolves.toBeTruthy()
})

it('makes the next key when the newest has signed for its time', async () => {
  await using db = await openKitDatabase()
  const keys = createSigningKeys(db, SEAL, SCHEDULE)
  await keys.current()
  await keys.rotateIfDue()
  const count = async () =>
    (await db.$queryRaw<{ n: number }[]>`SELECT count(*)::int AS n FROM kit.signing_keys`)[0]?.n
  expect(await count()).toBe(1)
  await db.$executeRaw`UPDATE kit.signing_keys SET signs_from = now() - interval '31 days'`
  await Promise.all([keys.rotateIfDue(), createSigningKeys(db, SEAL, SCHEDULE).rotateIfDue()])
  expect(await count()).toBe(2)
})

it('keeps private keys sealed: neither readable in the database nor with another secret', async () => {
  await using db = await openKitDatabase()
  await createSigningKeys(db, SEAL, SCHEDULE).current()
  const [row] = await db.$queryRaw<
    { sealed_private_jwk: Buffer }[]
  >`SELECT sealed_private_jwk FROM kit.signing_keys`
  expect(row?.sealed_private_jwk.toString('latin1')).not.toContain('"d"')
  await expect(createSigningKeys(db, 'another secret', SCHEDULE).current()).rejects.toThrow()
})
