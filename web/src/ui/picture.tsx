import { useSignal } from '@preact/signals'
import { classes } from './classes.ts'
import './picture.css'
import { stockOf } from './ticket-stub.tsx'

/** What of the API's `Image` a picture needs: its address at 384, 768 and 1280 pixels (`url(width:)`). */
export interface PictureSource {
  readonly small: string
  readonly medium?: string
  readonly large?: string
  readonly placeholder: string
  readonly width: number
  readonly height: number
}

interface PictureProps {
  image: PictureSource | null | undefined
  /** What is to be seen on it; empty when the words beside it say the same. */
  alt: string
  /** How wide it is shown, as `sizes` of an `img`. */
  sizes: string
  /** Of what it is: chooses the paper that stands in where there is no picture. */
  seed?: string
  /** The largest thing of the page: loaded first. */
  eager?: boolean
  class?: string
}

/** A picture that keeps its place, blurred until it is there; without one, a printed sheet of the stock of its kind. */
export function Picture({ image, alt, sizes, seed, eager, class: extra }: PictureProps) {
  const shown = useSignal(false)
  if (!image)
    return (
      <span class={classes('picture picture--none', `picture--${stockOf(seed)}`, extra)}>
        <svg class="picture__mark" viewBox="0 0 160 90" aria-hidden="true">
          <path d="M40 27h80v12a6 6 0 0 0 0 12v12H40V51a6 6 0 0 0 0-12V27Zm56 4v4m0 5v4m0 5v4m0 5v3" />
        </svg>
      </span>
    )
  const set = [
    `${image.small} 384w`,
    image.medium && `${image.medium} 768w`,
    image.large && `${image.large} 1280w`,
  ]
  return (
    <span class={classes('picture', extra)}>
      {!shown.value && <img class="picture__placeholder" src={image.placeholder} alt="" aria-hidden="true" />}
      <img
        class="picture__image"
        alt={alt}
        width={image.width}
        height={image.height}
        sizes={sizes}
        srcset={set.filter(Boolean).join(', ')}
        src={image.medium ?? image.small}
        loading={eager ? 'eager' : 'lazy'}
        fetchpriority={eager ? 'high' : 'auto'}
        decoding="async"
        ref={(element) => {
          if (element?.complete && element.naturalWidth > 0) shown.value = true // before the app has begun
        }}
        onLoad={() => {
          shown.value = true
        }}
      />
    </span>
  )
}
