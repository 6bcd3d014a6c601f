import { ask } from '../api/ask.ts'
import { session } from '../api/session.ts'
import { updateUser } from '../api/sign-in.ts'
import { ConfirmEmailChange } from '../generated/account/links.ts'
import { useTexts } from '../texts/index.ts'
import { Button } from '../ui/button.tsx'
import { ByLink } from './mailed-link.tsx'
import { Narrow } from './narrow.tsx'

/** Confirms the move to another address, by one of the links that were mailed to the new one and the old one. */
export function ConfirmChangePage() {
  const t = useTexts('account')
  const take = async (token: string) => {
    const { confirmEmailChange: user } = await ask(ConfirmEmailChange, { token })
    const isChanged = user !== null && user.newEmail === null && user.email !== null
    if (isChanged && user.id === session.value.user?.id)
      updateUser({ email: user.email, emailVerified: true })
    return (
      <Narrow
        title={t.confirm.done}
        text={isChanged ? t.confirm.changed(user.email ?? '') : t.confirm.waiting}
      >
        <Button variant="primary" href="/account">
          {t.signIn.go}
        </Button>
      </Narrow>
    )
  }
  return (
    <ByLink
      working={t.confirm.working}
      take={take}
      otherwise={<Button href="/account">{t.signIn.go}</Button>}
    />
  )
}
