import { Writable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createInflate } from 'node:zlib'
import type { ImageFormat } from '@karcis/kit/contracts/files'
import { serveTasks } from '@karcis/kit/workers/thread'
import sharp, { type Sharp } from 'sharp'

/** One piece of work. */
export type PictureTask =
  | { kind: 'master'; bytes: Uint8Array; mostSide: number }
  | { kind: 'size'; master: Uint8Array; width: number; format: ImageFormat }

/** The picture from which all sizes are made, or what is wrong with it, as it is told. */
export type Master =
  | { master: Uint8Array; width: number; height: number; placeholder: string }
  | { problem: string }

/** Some 8,000 by 8,000. What claims to be larger is not decoded. */
const MOST_PIXELS = 64_000_000

const PLACEHOLDER_SIDE = 16

// One picture at a time, each on one core, and nothing of one is remembered for the next.
sharp.concurrency(1)
sharp.cache(false)

const open = (bytes: Uint8Array): Sharp =>
  sharp(bytes, { limitInputPixels: MOST_PIXELS, failOn: 'error', sequentialRead: true, pages: 1 })

/** What is noted in a file (where, by which camera, in which profile) is not written to another. */
async function makeMaster(bytes: Uint8Array, mostSide: number): Promise<Master> {
  const problem = await problemOf(bytes)
  if (problem !== null) return { problem }
  try {
    const { data: master, info } = await open(bytes)
      .autoOrient()
      .resize({ width: mostSide, height: mostSide, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .webp({ quality: 90, effort: 2 })
      .timeout({ seconds: 20 })
      .toBuffer({ resolveWithObject: true })
    const { width, height } = info
    return { master, width, height, placeholder: await placeholderOf(master) }
  } catch {
    return { problem: 'is no picture that can be read to its end' }
  }
}

/** By its head alone: nothing is decoded yet. */
async function problemOf(bytes: Uint8Array): Promise<string | null> {
  try {
    const { format, width, height } = await open(bytes).metadata()
    if (width * height > MOST_PIXELS) return `has more than ${MOST_PIXELS / 1_000_000} million pixels`
    return format === 'png' && !(await holdsWhatItSays(Buffer.from(bytes)))
      ? 'holds other than the pixels that it says'
      : null
  } catch {
    return 'is no picture that can be read'
  }
}

/** Bits of a pixel, by the colour type of a PNG: how many numbers make one. */
const CHANNELS: Readonly<Record<number, number>> = { 0: 1, 2: 3, 3: 1, 4: 2, 6: 4 }

/** Where the seven passes of an interlaced PNG begin, and how far apart their pixels are: x, y, dx, dy. */
const PASSES = [
  [0, 0, 8, 8],
  [4, 0, 8, 8],
  [0, 4, 4, 8],
  [2, 0, 4, 4],
  [0, 2, 2, 4],
  [1, 0, 2, 2],
  [0, 1, 1, 2],
] as const

/** Whether the pixels of a PNG, unpacked, are as many as its head says. What unpacks to more is not unpacked further. */
async function holdsWhatItSays(png: Buffer): Promise<boolean> {
  const [width, height, depth, interlaced] = [
    png.readUInt32BE(16),
    png.readUInt32BE(20),
    png[24] ?? 8,
    png[28] === 1,
  ]
  const bits = depth * (CHANNELS[png[25] ?? 6] ?? 4)
  const bytesOf = (columns: number, rows: number): number =>
    columns === 0 || rows === 0 ? 0 : rows * (1 + Math.ceil((columns * bits) / 8))
  const expected = interlaced
    ? PASSES.reduce(
        (sum, [x, y, dx, dy]) =>
          sum + bytesOf(Math.ceil(Math.max(0, width - x) / dx), Math.ceil(Math.max(0, height - y) / dy)),
        0,
      )
    : bytesOf(width, height)
  let unpacked = 0
  const count = new Writable({
    write(chunk: Buffer, _encoding, done) {
      unpacked += chunk.length
      done(unpacked > expected ? new Error('more than it says') : null)
    },
  })
  try {
    await pipeline(pixelsOf(png), createInflate(), count)
    return unpacked === expected
  } catch {
    return false
  }
}

/** What a PNG has packed, chunk by chunk. */
function* pixelsOf(png: Buffer): Generator<Buffer> {
  for (let at = 8; at + 12 <= png.length; ) {
    const length = png.readUInt32BE(at)
    if (png.toString('latin1', at + 4, at + 8) === 'IDAT') yield png.subarray(at + 8, at + 8 + length)
    at += 12 + length
  }
}

async function placeholderOf(master: Uint8Array): Promise<string> {
  const tiny = await open(master)
    .resize({ width: PLACEHOLDER_SIDE, height: PLACEHOLDER_SIDE, fit: 'inside' })
    .blur(0.8)
    .webp({ quality: 40, alphaQuality: 40, effort: 4 })
    .toBuffer()
  return `data:image/webp;base64,${tiny.toString('base64')}`
}

function makeSize(master: Uint8Array, width: number, format: ImageFormat): Promise<Uint8Array> {
  const sized = open(master).resize({ width, withoutEnlargement: true })
  if (format === 'avif') return sized.avif({ quality: 52, effort: 2 }).toBuffer()
  if (format === 'webp') return sized.webp({ quality: 78, effort: 4 }).toBuffer()
  return sized.flatten({ background: 'white' }).jpeg({ quality: 80, progressive: true }).toBuffer()
}

serveTasks(
  (task: PictureTask): Promise<Master | Uint8Array> =>
    task.kind === 'master'
      ? makeMaster(task.bytes, task.mostSide)
      : makeSize(task.master, task.width, task.format),
)
