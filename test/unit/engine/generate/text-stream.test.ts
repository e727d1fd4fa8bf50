import { describe, expect, it } from 'vitest'
import { textStream } from '../../../../main/engine/generate/text-stream.ts'

/** Tokens are single bytes. */
const bytes = (ids: readonly number[]) => new TextDecoder().decode(Uint8Array.from(ids))

function streamed(text: string, stops: readonly string[]) {
  const stream = textStream(bytes, stops)
  const pieces: string[] = []
  for (const byte of new TextEncoder().encode(text)) {
    const { text: piece, stopped } = stream.push(byte)
    pieces.push(piece)
    if (stopped) return { pieces, stopped, text: pieces.join('') + stream.end() }
  }
  return { pieces, stopped: false, text: pieces.join('') + stream.end() }
}

describe('text of an answer as it comes', () => {
  it('holds the bytes of a character back until it is whole', () => {
    const { pieces, text } = streamed('aé𝄞b', [])
    expect(pieces).toEqual(['a', '', 'é', '', '', '', '𝄞', 'b'])
    expect(text).toBe('aé𝄞b')
  })

  it('ends before a stop string that several tokens spell', () => {
    expect(streamed('one\n\ntwo', ['\n\n'])).toMatchObject({ text: 'one', stopped: true })
    expect(streamed('xx END', ['END', 'zz'])).toMatchObject({ text: 'xx ', stopped: true })
  })

  it('never shows the beginning of a stop string that then comes', () => {
    expect(streamed('abSTabSTOP', ['STOP']).pieces.join('')).toBe('abSTab')
  })

  it('tells what was held back for a stop string that did not come', () => {
    expect(streamed('say ST', ['STOP'])).toMatchObject({ text: 'say ST', stopped: false })
    expect(streamed('aaab', ['aab'])).toMatchObject({ text: 'a', stopped: true })
  })

  it('tells unfinished bytes at the end as they are', () => {
    const stream = textStream(bytes, [])
    expect(stream.push(0xc3).text).toBe('')
    expect(stream.end()).toBe('\uFFFD')
  })
})
