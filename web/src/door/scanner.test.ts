import { expect, it } from 'vitest'
import { linkOf, scannerOfLink } from './scanner.ts'

it('makes a scanner of a link, whose token is sent to no server', () => {
  const scanner = { eventId: 'e', title: 'Konser & Teh #1', deviceId: 'd', gate: 'Utara/VIP', token: 'x.y' }
  const link = linkOf(scanner, 'https://karcis.example')
  expect(new URL(link)).toMatchObject({ pathname: '/door', search: '' })
  expect(scannerOfLink(link)).toEqual(scanner)
  expect(scannerOfLink(new URL(link).hash)).toEqual(scanner)
  expect(scannerOfLink(linkOf({ ...scanner, gate: null }, 'https://karcis.example'))?.gate).toBeNull()
  for (const other of [
    '',
    '#',
    'https://karcis.example/door',
    'https://karcis.example/?event=e&device=d&token=t',
  ])
    expect(scannerOfLink(other)).toBeNull()
})
