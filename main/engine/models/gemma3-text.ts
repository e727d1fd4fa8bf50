import { shown } from '../../../shared/domain/shown.ts'
import { unsupported } from './config-fields.ts'
import { type DecoderConfig, decoder } from './decoder.ts'
import { type DecoderBasics, decoderBasics, layerWindows, plainDecoder } from './decoder-fields.ts'
import type { ModelFamily } from './model.ts'
import { type Rope, ropeOf } from './rope.ts'

type Json = Readonly<Record<string, unknown>>

/** Gemma 3, the text model (arXiv 2503.19786): four norms a layer, local layers with a window and a rotation of their own. */
export const gemma3Text: ModelFamily = {
  modelType: 'gemma3_text',
  fromConfig: (json, task) => {
    const basics = decoderBasics(json, {
      modelType: 'gemma3_text',
      maxPositions: 131_072,
      tied: true,
      padding: 0,
      size: 256,
      activation: { field: 'hidden_activation', name: 'gelu_pytorch_tanh' },
    })
    refuseVariants(json, basics)
    return decoder(gemmaConfig(json, basics), task)
  },
}

function refuseVariants(json: Json, { fields }: DecoderBasics): void {
  if (fields.flag('use_bidirectional_attention', false)) throw unsupported('gemma3_text', 'bidirectional attention')
  for (const name of ['final_logit_softcapping', 'attn_logit_softcapping']) {
    if (json[name] !== undefined && json[name] !== null) throw unsupported('gemma3_text', `${name} ${json[name]}`)
  }
}

function gemmaConfig(json: Json, basics: DecoderBasics): DecoderConfig {
  const { fields } = basics
  const pattern = fields.count('sliding_window_pattern', 1000, 6)
  const windows = layerWindows(json, basics, (layer) => (layer + 1) % pattern !== 0)
  const { local, global } = gemmaRopes(basics)
  const attention = fields.flag('attention_bias', false)
  return {
    ...plainDecoder(basics, global, windows, { biases: { qkv: attention, output: attention, mlp: false } }),
    layers: windows.map((window) => ({ window, rope: window === null ? global : local })),
    headNorms: true,
    gemma: true,
    attentionScale: fields.positive('query_pre_attn_scalar', 1e6, 256) ** -0.5,
  }
}

/** transformers 5 keeps one set of rope_parameters a layer type; older files scale the global layers only. */
function gemmaRopes(basics: DecoderBasics): { local: Rope; global: Rope } {
  const { fields } = basics
  const byType = fields.object('rope_parameters')
  const set = (name: string) => {
    const value = byType[name] ?? {}
    if (typeof value !== 'object') throw unsupported('gemma3_text', `rope_parameters.${name} ${shown(value)}`)
    return value as Json
  }
  const theta = fields.positive('rope_theta', 1e12, 1_000_000)
  const localTheta = fields.positive('rope_local_base_freq', 1e12, 10_000)
  return {
    local: ropeOf(set('sliding_attention'), basics, localTheta),
    global: ropeOf({ ...fields.object('rope_scaling'), ...set('full_attention') }, basics, theta),
  }
}
