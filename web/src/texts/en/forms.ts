import { number } from '../format.ts'
import type { forms as indonesian } from '../id/forms.ts'
import type { Same } from '../same.ts'

export const forms: Same<typeof indonesian> = {
  required: 'Please fill this in.',
  tick: 'Tick this box to go on.',
  choose: 'Choose one.',
  email: 'Write a full e-mail address, such as name@example.com.',
  url: 'Write a full web address, starting with https://.',
  format: 'This is not in the form that is needed.',
  tooShort: (least) => `Use at least ${number(least)} characters.`,
  tooLong: (most) => `Use at most ${number(most)} characters.`,
  atLeast: (least) => `At least ${least}.`,
  atMost: (most) => `At most ${most}.`,
}
