import { KarcisError } from '@karcis/kit/errors'

export class InvalidCredentials extends KarcisError {
  constructor() {
    super('INVALID_CREDENTIALS', 'E-mail address and password do not belong together.')
  }
}

/** The code of an authenticator app, or a recovery code. */
export class WrongCode extends KarcisError {
  constructor() {
    super('INVALID_CREDENTIALS', 'This code is not right, or was used before.')
  }
}

export class PasskeyRefused extends KarcisError {
  constructor() {
    super(
      'INVALID_CREDENTIALS',
      'This passkey is not known, or its answer is not right or too late. Start again.',
    )
  }
}

export class EmailTaken extends KarcisError {
  constructor() {
    super('EMAIL_TAKEN', 'Another account has this e-mail address.')
  }
}

export class GoogleSaysNo extends KarcisError {
  constructor(message = 'Google does not vouch for this sign-in: begin again.') {
    super('INVALID_CREDENTIALS', message)
  }
}

export class GoogleLinkedElsewhere extends KarcisError {
  constructor() {
    super('CONFLICT', 'This Google account opens another account here.')
  }
}

export class OtherGoogleLinked extends KarcisError {
  constructor() {
    super('CONFLICT', 'Another Google account opens this account: take that one off first.')
  }
}

export class GoogleCalendarNotConnected extends KarcisError {
  constructor() {
    super('CONFLICT', 'Your calendar at Google is not connected, or no more: connect it first.', {
      reason: 'GOOGLE_CALENDAR_NOT_CONNECTED',
    })
  }
}

export class NoPassword extends KarcisError {
  constructor() {
    super('CONFLICT', 'This account has no password: have a link to set one sent to you first.')
  }
}

export class AccountSuspended extends KarcisError {
  constructor(reason: string | null) {
    super('ACCOUNT_SUSPENDED', 'This account is suspended.', { reason })
  }
}

export class TokenExpired extends KarcisError {
  constructor() {
    super('TOKEN_EXPIRED', 'The refresh token is too old: sign in again.')
  }
}

export class TokenReused extends KarcisError {
  constructor() {
    super('TOKEN_REUSED', 'The refresh token was used before, so its session is ended: sign in again.')
  }
}

export class LinkExpired extends KarcisError {
  constructor() {
    super('TOKEN_EXPIRED', 'This link is too old: ask for another one.')
  }
}

export class LinkUsed extends KarcisError {
  constructor() {
    super('TOKEN_REUSED', 'This link is used up: it, or one that was sent for the same, was used before.')
  }
}

export class NothingBought extends KarcisError {
  constructor() {
    super('CONFLICT', 'Nothing of it is paid for yet. This link stays good: come back once it is.')
  }
}

export class TooManyAttempts extends KarcisError {
  constructor(retryAfterSeconds: number) {
    super('RATE_LIMITED', 'Too many tries. Wait a while.', { retryAfterSeconds })
  }
}

export class OnePasswordPerRequest extends KarcisError {
  constructor() {
    super('RATE_LIMITED', 'A request may use one password: send the next in a request of its own.', {
      retryAfterSeconds: 1,
    })
  }
}

export class TooManyPasskeys extends KarcisError {
  constructor(limit: number) {
    super('LIMIT_EXCEEDED', `An account has at most ${limit} passkeys: remove one first.`, { limit })
  }
}

export class WishlistFull extends KarcisError {
  constructor(limit: number) {
    super('LIMIT_EXCEEDED', `A wishlist holds at most ${limit} events.`, { limit })
  }
}

export class FollowsTooMany extends KarcisError {
  constructor(limit: number) {
    super('LIMIT_EXCEEDED', `One person follows at most ${limit} organizers.`, { limit })
  }
}

export class OneCampaignADay extends KarcisError {
  constructor() {
    super('LIMIT_EXCEEDED', 'An event has one campaign a day: send the next one tomorrow.', { limit: 1 })
  }
}
