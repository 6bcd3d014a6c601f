import { expect, it } from 'vitest'
import { createIntake } from './intake.ts'

it('lets a code through once for as long as it is seen, and again three seconds later', () => {
  const intake = createIntake()
  expect(intake('a.b.c', 0)).toBe('a.b.c')
  expect(intake('a.b.c', 2_000)).toBeNull()
  expect(intake('d.e.f', 2_500)).toBe('d.e.f')
  // Still before the camera: counted from when it was seen last.
  expect(intake('a.b.c', 4_900)).toBeNull()
  expect(intake('a.b.c', 7_900)).toBe('a.b.c')
})

it('mends what keyboards and clipboards do to a code, and takes it for the same', () => {
  const code = `KC1${'A'.repeat(149)} `
  const intake = createIntake()
  expect(intake(`\t${code.trim()}\r\n`, 0)).toBe(code)
  expect(intake(code.toLowerCase(), 10)).toBeNull()
  expect(intake('  https://karcis.example/ ', 20)).toBe('https://karcis.example/')
  expect(intake(' \n', 30)).toBeNull()
})
