import { createRequire } from 'node:module'
import type { DType, Shape } from '../../ir/graph.ts'
import type { TfAttr, TfType } from '../../ir/lowering.ts'

/** The setters we use of a google-protobuf message. */
type Message = { serializeBinary(): Uint8Array } & Record<string, (...values: never[]) => never>
type Build = Record<string, (...values: unknown[]) => unknown>

// TensorFlow's own message classes come with tfjs-node; generated code without types.
const messages = createRequire(import.meta.url)('@tensorflow/tfjs-node-gpu/dist/proto/api_pb.js') as Record<
  string,
  { new (): Message } & Record<string, { new (): Message }>
>

/** A new message of the given (possibly nested) class, as loosely typed setters. */
function create(path: string): Build & Message {
  const [outer, inner] = path.split('.') as [string, string?]
  const Outer = messages[outer] as { new (): Message } & Record<string, { new (): Message }>
  const Class = inner === undefined ? Outer : (Outer[inner] as { new (): Message })
  return new Class() as Build & Message
}

/** DataType of types.proto. */
export const DATA_TYPES = {
  float32: 1,
  int32: 3,
  bool: 10,
  bfloat16: 14,
  uint16: 17,
  resource: 20,
} as const satisfies Record<TfType | 'resource', number>

export type NodeDef = {
  readonly name: string
  readonly op: string
  readonly inputs: readonly string[]
  readonly attrs: Readonly<Record<string, TfAttr | OwnAttr>>
}
/** Attributes that no lowering of an operation needs. */
type OwnAttr =
  | { readonly shape: Shape }
  | { readonly tensor: TensorProto }
  | { readonly function: string }
  | { readonly type: 'resource' }
  | { readonly texts: readonly string[] }
  | { readonly shapes: readonly Shape[] }
  | { readonly bytes: Uint8Array }
export type TensorProto = { readonly dtype: DType; readonly shape: Shape; readonly bytes: Uint8Array }

function shapeProto(shape: Shape): unknown {
  const message = create('TensorShape')
  for (const size of shape) {
    const dim = create('TensorShape.Dim')
    dim.setSize?.(size)
    message.addDim?.(dim)
  }
  return message
}

function tensorProto({ dtype, shape, bytes }: TensorProto): unknown {
  const message = create('Tensor')
  message.setDtype?.(DATA_TYPES[dtype])
  message.setTensorShape?.(shapeProto(shape))
  message.setTensorContent?.(bytes)
  return message
}

function attrProto(attr: NodeDef['attrs'][string]): unknown {
  const message = create('AttrValue')
  if ('type' in attr) message.setType?.(DATA_TYPES[attr.type])
  else if ('int' in attr) message.setI?.(attr.int)
  else if ('bool' in attr) message.setB?.(attr.bool)
  else if ('text' in attr) message.setS?.(Buffer.from(attr.text).toString('base64'))
  else if ('bytes' in attr) message.setS?.(attr.bytes)
  else if ('function' in attr) message.setFunc?.(named(attr.function))
  else if ('shape' in attr) message.setShape?.(shapeProto(attr.shape))
  else if ('tensor' in attr) message.setTensor?.(tensorProto(attr.tensor))
  else message.setList?.(listProto(attr))
  return message
}

type ListAttr = Extract<NodeDef['attrs'][string], { types: unknown } | { texts: unknown } | { shapes: unknown }>

function listProto(attr: ListAttr): unknown {
  const list = create('AttrValue.ListValue')
  if ('types' in attr) list.setTypeList?.(attr.types.map((type) => DATA_TYPES[type]))
  else if ('texts' in attr) list.setSList?.(attr.texts.map((text) => Buffer.from(text).toString('base64')))
  else list.setShapeList?.(attr.shapes.map(shapeProto))
  return list
}

function named(name: string): unknown {
  const message = create('NameAttrList')
  message.setName?.(name)
  return message
}

function nodeProto({ name, op, inputs, attrs }: NodeDef): unknown {
  const message = create('NodeDef')
  message.setName?.(name)
  message.setOp?.(op)
  message.setInputList?.([...inputs])
  const map = message.getAttrMap?.() as ProtoMap
  for (const [key, attr] of Object.entries(attrs)) map.set(key, attrProto(attr))
  return message
}

/** A function of the graph's library: its nodes read arguments by name and each other as `node:output:index`. */
export type FunctionDef = {
  readonly name: string
  readonly args: readonly { readonly name: string; readonly dtype: DType }[]
  readonly results: readonly { readonly name: string; readonly dtype: DType; readonly value: string }[]
  readonly nodes: readonly NodeDef[]
}

type ProtoMap = { set(key: string, value: unknown): void }

function functionProto({ name, args, results, nodes }: FunctionDef): unknown {
  const signature = create('OpDef')
  signature.setName?.(name)
  signature.setInputArgList?.(args.map(argProto))
  signature.setOutputArgList?.(results.map(argProto))
  const message = create('FunctionDef')
  message.setSignature?.(signature)
  message.setNodeDefList?.(nodes.map(nodeProto))
  const returned = message.getRetMap?.() as ProtoMap
  for (const { name: result, value } of results) returned.set(result, value)
  // Inlined it would be optimised once for each of its calls.
  const attrs = message.getAttrMap?.() as ProtoMap
  attrs.set('_noinline', attrProto({ bool: true }))
  return message
}

function argProto({ name, dtype }: { readonly name: string; readonly dtype: DType }): unknown {
  const message = create('OpDef.ArgDef')
  message.setName?.(name)
  message.setType?.(DATA_TYPES[dtype])
  return message
}

/** Nodes, and the functions that they call. */
export type GraphParts = { readonly nodes: readonly NodeDef[]; readonly functions: readonly FunctionDef[] }

/** Bytes of a SavedModel that holds the nodes and no signature; entry points are run by node name. */
export function savedModelBytes({ nodes, functions }: GraphParts, tag: string): Uint8Array {
  const graph = create('GraphDef')
  const versions = create('VersionDef')
  versions.setProducer?.(GRAPH_PRODUCER)
  graph.setVersions?.(versions)
  graph.setNodeList?.(nodes.map(nodeProto))
  const library = create('FunctionDefLibrary')
  library.setFunctionList?.(functions.map(functionProto))
  graph.setLibrary?.(library)
  const info = create('MetaGraphDef.MetaInfoDef')
  info.setTagsList?.([tag])
  const metaGraph = create('MetaGraphDef')
  metaGraph.setMetaInfoDef?.(info)
  metaGraph.setGraphDef?.(graph)
  const model = create('SavedModel')
  model.setSavedModelSchemaVersion?.(1)
  model.addMetaGraphs?.(metaGraph)
  return model.serializeBinary()
}

/** Graph format version understood by every TensorFlow since 2.8 (graph version 987, January 2022). */
const GRAPH_PRODUCER = 987
