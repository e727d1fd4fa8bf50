import { useDebouncedCallback, useWindowEvent } from '@mantine/hooks'
import { useState } from 'react'
import { memoryLimitSchema } from '../../../shared/domain/fit.ts'
import { useAction, useCall } from '../../api/studio.tsx'
import { TYPING_PAUSE_MS } from './use-preview.ts'

const GIGABYTE = 1e9

export type MemoryLimit = {
  /** In bytes; null: what is free. */
  readonly limit: number | null
  /** As typed, in gigabytes; '' for none. */
  readonly typed: string
  readonly setTyped: (typed: string) => void
  /** Keeps what is typed without waiting for more. */
  readonly keepNow: () => void
  /** Why it could not be kept. */
  readonly error: Error | null
}

/** The bytes that a text in gigabytes stands for; null for none, and for what is no size. */
export function limitOf(typed: string): number | null {
  const number = Number(typed.replace(',', '.'))
  const parsed = memoryLimitSchema.safeParse(typed.trim() === '' ? null : Math.round(GIGABYTE * number))
  return parsed.success ? parsed.data : null
}

/** As it is typed: gigabytes, as few digits as tell it. */
const typedOf = (limit: number | null): string => (limit === null ? '' : String(limit / GIGABYTE))

/**
 * Most memory that a run may take on the machine that trains. What is typed is kept there once it is a size, or nothing, and
 * after a pause: the first digit alone would refuse a run that starts meanwhile.
 */
export function useMemoryLimit(): MemoryLimit {
  const { data } = useCall('settings.get', {})
  const set = useAction('settings.set')
  const [typing, setTyping] = useState<string | null>(null)
  const known = data?.memoryLimit ?? null
  const typed = typing ?? typedOf(known)
  const keep = useDebouncedCallback(
    (text: string) => {
      const limit = limitOf(text)
      if (limit !== null || text.trim() === '') set.mutate({ memoryLimit: limit })
    },
    { delay: TYPING_PAUSE_MS, flushOnUnmount: true },
  )
  // A window that is closed or reloaded within the pause unmounts nothing.
  useWindowEvent('pagehide', keep.flush)
  const setTyped = (text: string) => {
    setTyping(text)
    keep(text)
  }
  return { limit: typing === null ? known : limitOf(typing), typed, setTyped, keepNow: keep.flush, error: set.error }
}
