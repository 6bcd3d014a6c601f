import { normalizeEmail } from '@karcis/kit/validate'
import { z } from 'zod'

const MAX_PASSWORD = 200

/** The passwords of eight characters and more that are guessed first, as lists of leaked ones have them; in lower case. */
const COMMON = new Set(
  `12345678 123456789 1234567890 12345678910 0123456789 987654321 9876543210 11111111 111111111 00000000 000000000 88888888
  99999999 66666666 12341234 123123123 123321123 112233445566 11223344 1q2w3e4r 1q2w3e4r5t 1qaz2wsx 1qazxsw2 zaq12wsx q1w2e3r4
  qwertyui qwertyuiop qwerty12 qwerty123 qwerty1234 qwerty12345 qwertyqwerty asdfghjk asdfghjkl asdfasdf asdf1234 zxcvbnm1
  password password1 password12 password123 password1234 password! password1! passw0rd p@ssword p@ssw0rd p@ssw0rd1 pa55word
  passwort iloveyou iloveyou1 iloveyou2 sunshine princess football baseball basketball superman batman123 starwars whatever
  trustno1 welcome1 welcome123 letmein1 letmein123 monkey123 dragon123 master123 shadow123 michael1 jennifer jordan23 computer
  internet samsung1 google123 facebook changeme changeme123 default1 administrator admin123 admin1234 administrator1 root1234
  test1234 testtest testing123 guest123 secret123 abcd1234 abc12345 abcdefgh abcdefg1 a1b2c3d4 aa123456 a12345678 aaaaaaaa
  rahasia123 indonesia indonesia1 bismillah bismillah1 sayang123 sayangku cintaku123 jakarta123 garuda123 persib1933 alhamdulillah
  karcis123 karcis1234`.split(/\s+/),
)

/** A password that somebody chooses. */
export const newPasswordSchema = z
  .string()
  .min(8, 'must have at least 8 characters')
  .max(MAX_PASSWORD, `must have at most ${MAX_PASSWORD} characters`)
  .refine((password) => !COMMON.has(password.toLowerCase()), 'is among the passwords that are guessed first')

/** A password that somebody gives as theirs: no rule but a bound, for what is not theirs is refused as such. */
export const givenPasswordSchema = z.string().max(MAX_PASSWORD, 'is too long')

/** Whether a password gives itself away by being the e-mail address, or the part of it before the @. */
export const isOwnEmail = (password: string, email: string): boolean =>
  [email, email.split('@')[0]].includes(normalizeEmail(password))

export const OWN_EMAIL = 'must not be the e-mail address'
