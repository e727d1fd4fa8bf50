import { describe, expect, it } from 'vitest'
import { learningRateAt, warmupSteps } from '../../../../main/engine/train/schedule.ts'
import { LR_SCHEDULES, runConfigSchema } from '../../../../shared/domain/run-config.ts'

const config = (extra: object) =>
  runConfigSchema.parse({ model_name_or_path: 'm', train_file: 't', learning_rate: 1, ...extra })
const rates = (extra: object, total: number) =>
  Array.from({ length: total }, (_, step) => Number(learningRateAt(config(extra), step, total).toFixed(6)))

describe('the learning rate', () => {
  // Values of transformers.get_linear_schedule_with_warmup and get_cosine_schedule_with_warmup, 2 of 6 steps warmup.
  it('rises and falls as in transformers', () => {
    expect(rates({ lr_scheduler_type: 'linear', warmup_steps: 2 }, 6)).toEqual([0, 0.5, 1, 0.75, 0.5, 0.25])
    expect(rates({ lr_scheduler_type: 'cosine', warmup_steps: 2 }, 6)).toEqual([0, 0.5, 1, 0.853553, 0.5, 0.146447])
    expect(rates({ lr_scheduler_type: 'constant', warmup_steps: 2 }, 4)).toEqual([0, 0.5, 1, 1])
  })

  it('takes warmup_steps before warmup_ratio, and rounds the ratio up', () => {
    expect(warmupSteps(config({ warmup_ratio: 0.1 }), 25)).toBe(3)
    expect(warmupSteps(config({ warmup_ratio: 0.1, warmup_steps: 7 }), 25)).toBe(7)
  })

  it.each(LR_SCHEDULES)('is never negative nor above what was asked for: %s', (lr_scheduler_type) => {
    for (const rate of rates({ lr_scheduler_type, warmup_ratio: 0.3 }, 40)) {
      expect(rate).toBeGreaterThanOrEqual(0)
      expect(rate).toBeLessThanOrEqual(1)
    }
  })
})
