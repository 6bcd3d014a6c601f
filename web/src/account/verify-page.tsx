import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { updateUser } from '../api/sign-in.ts'
import { VerifyEmail } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { ByLink } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'

/** Shows that an address is its owner's, by the link that was mailed there. */
export function VerifyPage() {
  const t = useTexts('account')
  const take = async (token: string) => {
    const { verifyEmail: user } = await ask(VerifyEmail, { token })
    if (user && user.id === session.value.user?.id) updateUser({ emailVerified: true })
    return (
      <Narrow title={t.verify.done} text={t.verify.text(user?.email ?? '')}>
        <Button variant="primary" href="/">
          {t.signIn.go}
        </Button>
      </Narrow>
    )
  }
  return (
    <ByLink
      working={t.verify.working}
      take={take}
      otherwise={<Button href="/account">{t.signIn.go}</Button>}
    />
  )
}
