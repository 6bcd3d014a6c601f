import { useSignal } from '@preact/signals'
import { useLocation } from 'preact-iso'
import { signInBy } from '../api/sign-in.ts'
import { LoginWithMagicLink } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { ByLink } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'
import { type Challenge, challengeOf, SecondFactor } from './second-factor.tsx'

/** Signs in by the link that was mailed; where the account has a second factor, after that. */
export function MagicLinkPage() {
  const t = useTexts('account')
  const { route } = useLocation()
  const challenge = useSignal<Challenge | null>(null)
  if (challenge.value)
    return (
      <Narrow title={t.factor.title} text={t.factor.text}>
        <SecondFactor
          challenge={challenge.value}
          onDone={() => route('/', true)}
          onOver={() => route('/sign-in', true)}
        />
      </Narrow>
    )
  const take = async (token: string) => {
    try {
      await signInBy(LoginWithMagicLink, { token })
      route('/', true)
    } catch (error) {
      const asked = challengeOf(error)
      if (!asked) throw error
      challenge.value = asked
    }
    return null
  }
  return (
    <ByLink
      working={t.magic.working}
      take={take}
      otherwise={
        <Button variant="primary" href="/sign-in">
          {t.signIn.title}
        </Button>
      }
    />
  )
}
