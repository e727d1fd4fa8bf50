import { type RefObject, useEffect, useId, useState } from 'react'
import { flushSync } from 'react-dom'
import { createDrawQueue } from './draw-queue.ts'

/** Longest wait of a chart out of sight, in milliseconds. */
const LONGEST_IDLE = 1500
/** Milliseconds of drawing a frame, for the charts in sight. */
const FRAME_BUDGET = 25

const now = () => performance.now()
const inSightQueue = createDrawQueue({ schedule: (task) => requestAnimationFrame(task), now, budget: FRAME_BUDGET })
const outOfSightQueue = createDrawQueue({
  schedule: (task) => requestIdleCallback(task, { timeout: LONGEST_IDLE }),
  now,
  budget: 0,
})

/** Whether the element is in sight, or nearly; null until that is known. */
export function useInSight(element: RefObject<HTMLElement | null>): boolean | null {
  const [inSight, setInSight] = useState<boolean | null>(null)
  useEffect(() => {
    if (element.current === null) return
    const see = ([entry]: readonly IntersectionObserverEntry[]) => setInSight(entry?.isIntersecting ?? false)
    const observer = new IntersectionObserver(see, { rootMargin: '80px' })
    observer.observe(element.current)
    return () => observer.disconnect()
  }, [element])
  return inSight
}

/**
 * The value as it was last drawn; a new one waits for its turn among the drawings. What is out of sight is drawn when
 * the browser has nothing else to do.
 */
export function useQueued<T>(value: T, inSight: boolean | null): T | null {
  const key = useId()
  const [drawn, setDrawn] = useState<T | null>(null)
  useEffect(() => {
    if (inSight === null) return
    const queue = inSight ? inSightQueue : outOfSightQueue
    queue.put(key, () => flushSync(() => setDrawn(value)))
    return () => void queue.drop(key)
  }, [key, value, inSight])
  return drawn
}
