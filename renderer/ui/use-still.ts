import { type RefObject, useEffect, useRef } from 'react'

/** A wheel or a finger at rest for so long has stopped. */
const STOPPED_MS = 120

/**
 * An element that the pointer does not touch while the page scrolls under it (`data-scrolling`, global.css). Each row that
 * passes the pointer would light up, and a table of hundreds of rows be painted again for it in every frame.
 */
export function useStillWhileScrolling<T extends HTMLElement>(): RefObject<T | null> {
  const ref = useRef<T>(null)
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined
    const stopped = () => ref.current?.removeAttribute('data-scrolling')
    const scrolled = () => {
      ref.current?.setAttribute('data-scrolling', '')
      clearTimeout(timer)
      timer = setTimeout(stopped, STOPPED_MS)
    }
    addEventListener('scroll', scrolled, { capture: true, passive: true })
    return () => {
      removeEventListener('scroll', scrolled, { capture: true })
      clearTimeout(timer)
    }
  }, [])
  return ref
}
