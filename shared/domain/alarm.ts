import { z } from 'zod'

/** What can be wrong with the numbers of a run that goes on all the same. An addition is one line here and one watch in the engine. */
export const ALARMS = {
  'magnitude-still': { title: 'm does not move' },
  'gradients-vanished': { title: 'The gradients have vanished' },
  'labels-masked': { title: 'Rows without anything to learn' },
  'evaluation-overlap': { title: 'The evaluation repeats training rows' },
} as const satisfies Record<string, { readonly title: string }>

export type AlarmKind = keyof typeof ALARMS
export const ALARM_KINDS = Object.keys(ALARMS) as [AlarmKind, ...AlarmKind[]]

export const alarmSchema = z.object({
  kind: z.enum(ALARM_KINDS),
  /** Optimizer step at which it was seen; 0: in the data. */
  step: z.number().int().min(0),
  message: z.string(),
  /** What to do about it. */
  hint: z.string(),
})
export type Alarm = z.infer<typeof alarmSchema>
