import { expect, test } from 'vitest'
import { referenceBackend } from '../../../../main/engine/backends/reference/backend.ts'
import { measureSpeed } from '../../../../main/engine/inspect/speed.ts'
import { machineSpeedSchema } from '../../../../shared/domain/machine-speed.ts'

test('the speed of a machine is its work by the time it takes, of the fastest round', async () => {
  // A clock that goes on by a second each time it is looked at.
  let now = 0
  const speed = await measureSpeed(referenceBackend, () => now++)
  expect(machineSpeedSchema.parse(speed)).toEqual(speed)
  // Eight products of two 32 x 32 matrices in the one second between two looks.
  expect(speed.products).toBe(8 * 2 * 32 ** 3)
  expect(speed.bfloat16Products).toBe(8 * 2 * 32 ** 3)
  expect(speed.bytes).toBeGreaterThan(8 * 3 * 4 * 32 ** 2)
})
