import { createLog } from '@karcis/kit/log'
import { eventually } from '@karcis/testkit/eventually'
import { describe, expect, it } from 'vitest'
import { RetryLater } from '../src/domain/notifications/channels/channel.ts'
import { createOutsideService } from '../src/domain/notifications/channels/outside-service.ts'
import { type SmsSize, sizeOf, smsOf } from '../src/domain/notifications/sms/sms-text.ts'
import { isSigned, signatureOf } from '../src/domain/notifications/sms/sms-provider.ts'

describe('a text', () => {
  it.each<[string, string, SmsSize]>([
    ['160 letters', 'a'.repeat(160), { encoding: 'GSM-7', segments: 1 }],
    ['one more', 'a'.repeat(161), { encoding: 'GSM-7', segments: 2 }],
    ['two full segments', 'a'.repeat(306), { encoding: 'GSM-7', segments: 2 }],
    ['one more than two', 'a'.repeat(307), { encoding: 'GSM-7', segments: 3 }],
    ['80 characters of two', '€'.repeat(80), { encoding: 'GSM-7', segments: 1 }],
    // Its 77th begins at the 153rd, where there is room for half of it.
    ['153 of them, none of them cut', '€'.repeat(153), { encoding: 'GSM-7', segments: 3 }],
    ['70 of another script', 'ꦏ'.repeat(70), { encoding: 'UCS-2', segments: 1 }],
    ['one more of it', 'ꦏ'.repeat(71), { encoding: 'UCS-2', segments: 2 }],
    ['35 faces', '😀'.repeat(35), { encoding: 'UCS-2', segments: 1 }],
    ['67 faces, none of them cut', '😀'.repeat(67), { encoding: 'UCS-2', segments: 3 }],
    ['one letter that is not in it', `${'a'.repeat(70)}ž`, { encoding: 'UCS-2', segments: 2 }],
  ])('of %s has its segments', (_, text, size) => {
    expect(sizeOf(text)).toEqual(size)
  })

  it('is set plainly, so that it does not cost twice as much', () => {
    const text = smsOf({ subject: '“Kita” – it’s today…', paragraphs: ['Rp\u00A0350.000'] })
    expect(text).toBe('Karcis: "Kita" - it\'s today...\nRp 350.000')
    expect(sizeOf(text).encoding).toBe('GSM-7')
  })

  it.each(['kata ', 'ꦏꦠ ', '😀', '^', 'x'])('of very much %j is cut, and its link is whole', (piece) => {
    const url = 'https://karcis.example/organize/0198c5b4-6b7e-7a51-8000-000000000000/refunds'
    for (let count = 1; count < 700; count += 7) {
      const text = smsOf({
        subject: 'Malam',
        paragraphs: [piece.repeat(count)],
        action: { label: 'See', url },
      })
      expect(sizeOf(text).segments).toBeLessThanOrEqual(3)
      expect(text.endsWith(`\n${url}`)).toBe(true)
      expect(text.isWellFormed()).toBe(true)
    }
  })

  it('has a code before all else', () => {
    expect(smsOf({ subject: 'your code', paragraphs: ['For 10 minutes.'], code: '012345' })).toBe(
      '012345\nKarcis: your code\nFor 10 minutes.',
    )
  })
})

it('a service that fails again and again is left in peace, and asked again after a while', async () => {
  using service = createOutsideService('sms', createLog('test', 'silent'), { resetMs: 50 })
  let [calls, status] = [0, 503]
  const ask = () =>
    service.ask(async () => {
      calls += 1
      return { status }
    })
  for (let n = 0; n < 6; n += 1) await ask().catch(() => undefined)
  const before = calls
  const refused = await ask().catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(RetryLater)
  expect((refused as RetryLater).afterSeconds).toBeGreaterThanOrEqual(1)
  expect(calls).toBe(before)
  status = 400 // an answer like any other
  expect(await eventually(ask)).toEqual({ status: 400 })
  expect(await ask()).toEqual({ status: 400 })
})

it('a signature is the provider’s own: as its documentation has it', () => {
  // https://www.twilio.com/docs/usage/security#validating-requests
  const form = new URLSearchParams({
    CallSid: 'CA1234567890ABCDE',
    Caller: '+14158675310',
    Digits: '1234',
    From: '+14158675310',
    To: '+18005551212',
  })
  const url = 'https://example.com/myapp.php?foo=1&bar=2'
  const signature = signatureOf('12345', url, form)
  expect(signature).toBe('L/OH5YylLD5NRKLltdqwSvS0BnU=')
  expect(isSigned('12345', url, form, signature)).toBe(true)
  expect(isSigned('12346', url, form, signature)).toBe(false)
})
