/** Model types that llama.cpp knows and that are written as GGUF. */
export const GGUF_FAMILIES = ['llama', 'mistral', 'qwen2', 'qwen3', 'gemma3_text'] as const

export const isGgufFamily = (modelType: unknown): modelType is (typeof GGUF_FAMILIES)[number] =>
  GGUF_FAMILIES.some((family) => family === modelType)
