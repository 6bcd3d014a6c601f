import { createPacedTurns, paceOf } from '@karcis/kit/pace'
import pg from 'pg'
import { describe, expect, it } from 'vitest'
import { connectPrisma, openKitDatabase } from './kit-database.ts'

describe('turns', () => {
  it('are taken one after the other, with a rest after each that took; one that fails holds up nobody', async () => {
    const turns = createPacedTurns(async () => ({ piece: 7, rest: 2 }))
    const at: Record<string, number> = {}
    let busy = 0
    const work = (name: string) => async (piece: number) => {
      expect([piece, busy++]).toEqual([7, 0])
      at[`${name} begins`] = performance.now()
      await new Promise((resolve) => setTimeout(resolve, 30))
      at[`${name} ends`] = performance.now()
      busy -= 1
      return name
    }
    const failing = turns.take(async () => Promise.reject(new Error('no')))
    const all = Promise.all([turns.take(work('one')), turns.take(work('two'))])
    await expect(failing).rejects.toThrow('no')
    expect(await all).toEqual(['one', 'two'])
    expect((at['two begins'] ?? 0) - (at['one ends'] ?? 0)).toBeGreaterThan(50)
    const closed = performance.now()
    turns.close()
    await turns.take(work('three'))
    expect((at['three begins'] ?? 0) - closed).toBeLessThan(40)
  })
})

describe('the pace', () => {
  const selling = async () => true

  it('is slower for each other session at work, whatever its role and ours', async () => {
    await using db = await openKitDatabase()
    expect(await paceOf(db, async () => false)).toMatchObject({ piece: 100 })
    const role = `plain_${process.pid}`
    const as = (name: string) => {
      const url = new URL(db.url)
      url.username = name
      url.password = 'plain'
      return url.href
    }
    const owner = new pg.Client(db.url)
    await owner.connect()
    const others: pg.Client[] = []
    try {
      for (const n of [1, 2]) await owner.query(`CREATE ROLE ${role}_${n} LOGIN PASSWORD 'plain'`)
      for (let n = 0; n < 4; n += 1) {
        const other = new pg.Client(as(`${role}_1`))
        others.push(other)
        await other.connect()
        await other.query('BEGIN')
      }
      const plain = connectPrisma(as(`${role}_2`))
      try {
        for (const session of [plain, db])
          expect(await paceOf(session, selling)).toEqual({ piece: 25, rest: 5 })
      } finally {
        await plain.$disconnect()
      }
    } finally {
      for (const other of others) await other.end()
      for (const n of [1, 2]) await owner.query(`DROP ROLE IF EXISTS ${role}_${n}`)
      await owner.end()
    }
  })
})
