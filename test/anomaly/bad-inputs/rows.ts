import { writeFileSync } from 'node:fs'
import type { RealStudio } from '../real-studio.ts'

/** Writes the training data anew. */
export const rows = ({ train }: RealStudio, ...lines: string[]) => writeFileSync(train, `${lines.join('\n')}\n`)
