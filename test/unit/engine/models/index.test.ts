import { expect, test } from 'vitest'
import { MODEL_FAMILIES } from '../../../../main/engine/models/index.ts'
import { MODEL_TYPES } from '../../../../shared/domain/model-type.ts'

test('what the page calls trainable is what the engine has a file for', () => {
  expect([...MODEL_TYPES]).toEqual(MODEL_FAMILIES.map(({ modelType }) => modelType))
})
