import { BadUserInput } from '@karcis/kit/errors'
import { idSchema } from '@karcis/kit/ids'
import { nameSchema, parseInput, textSchema } from '@karcis/kit/validate'
import { z } from 'zod'

/** Whom a campaign is for. */
export const AUDIENCES = ['FOLLOWERS', 'WISHLISTED', 'PAST_BUYERS'] as const

export type CampaignAudience = (typeof AUDIENCES)[number]

const schema = z.object({
  eventId: idSchema,
  subject: nameSchema(120),
  body: textSchema(2_000),
  audience: z.enum(AUDIENCES),
})

/** What somebody wants to advertise. */
export type NewCampaign = z.infer<typeof schema>

/**
 * What programs that show mails and messages make a link of by themselves: an address with a scheme, and names as `example.com`. A full stop without a space behind it
 * looks the same to them, so it does here.
 */
const LINK =
  /[a-z][a-z0-9+.-]*:\/\/\S*|\b(?:mailto|tel|javascript|data):\S+|[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)*\.\p{L}{2,}/iu

/**
 * @param publicUrl where people open Karcis, without a slash at its end.
 * @throws BadUserInput, also for a link to anything but the page of the event.
 */
export function parseCampaign(input: unknown, publicUrl: string): NewCampaign {
  const campaign = parseInput(schema, input)
  const ownPage = `${publicUrl}/events/${campaign.eventId}`
  const problems = (['subject', 'body'] as const).flatMap((field) => {
    const text = field === 'body' ? withoutPage(campaign.body, ownPage) : campaign.subject
    const link = LINK.exec(text)?.[0]
    return link === undefined
      ? []
      : [{ path: `input.${field}`, message: `must not have a link, which “${link}” is taken for` }]
  })
  if (problems.length > 0) throw new BadUserInput(problems)
  return campaign
}

/** The text without links to a page: whole ones, not such as go on to another. */
const withoutPage = (text: string, page: string): string =>
  text
    .split(/(\s+)/)
    .map((word) => (word.toLowerCase() === page.toLowerCase() ? '' : word))
    .join('')
