import { useLocalStorage } from '@mantine/hooks'
import { memoryLimitSchema } from '../../../shared/domain/fit.ts'

const GIGABYTE = 1e9

export type MemoryLimit = {
  /** In bytes; null: what is free. */
  readonly limit: number | null
  /** As typed, in gigabytes; '' for none. */
  readonly typed: string
  readonly setTyped: (typed: string) => void
}

/** The bytes that a text in gigabytes stands for; null for none, and for what is no size. */
export function limitOf(typed: string): number | null {
  const number = Number(typed.replace(',', '.'))
  const parsed = memoryLimitSchema.safeParse(typed.trim() === '' ? null : Math.round(GIGABYTE * number))
  return parsed.success ? parsed.data : null
}

/** Most memory that a run may take, as this user set it on this machine. */
export function useMemoryLimit(): MemoryLimit {
  const [typed, setTyped] = useLocalStorage({ key: 'dora-memory-limit', defaultValue: '' })
  return { limit: limitOf(typed), typed, setTyped }
}
