/** Every `model_type` of config.json that can be trained. `main/engine/models` holds a file for each. */
export const MODEL_TYPES = [
  'llama',
  'mistral',
  'qwen2',
  'qwen3',
  'gemma3_text',
  'phi3',
  'gpt2',
  'bert',
  'roberta',
] as const

export const isModelType = (text: string): boolean => MODEL_TYPES.some((type) => type === text)
