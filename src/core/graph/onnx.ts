/**
 * The part of the ONNX format that Crossflow writes, as a protobuf descriptor.
 * Field numbers: onnx/onnx.proto of the ONNX project (IR version 10).
 */
import protobuf from 'protobufjs/light';

/** TensorProto.DataType */
export const ONNX_TYPE = { f32: 1, u8: 2, i8: 3, int64: 7, bool: 9, f16: 10, bf16: 16 } as const;
export type OnnxType = keyof typeof ONNX_TYPE;

/** AttributeProto.AttributeType */
const ATTRIBUTE_TYPE = { float: 1, int: 2, string: 3, graph: 5, floats: 6, ints: 7 } as const;

const field = (id: number, type: string): { id: number; type: string } => ({ id, type });
const list = (id: number, type: string): { id: number; type: string; rule: string } => ({ id, type, rule: 'repeated' });

const root = protobuf.Root.fromJSON({
  nested: {
    ModelProto: {
      fields: {
        irVersion: field(1, 'int64'),
        producerName: field(2, 'string'),
        graph: field(7, 'GraphProto'),
        opsetImport: list(8, 'OperatorSetIdProto'),
      },
    },
    OperatorSetIdProto: { fields: { domain: field(1, 'string'), version: field(2, 'int64') } },
    GraphProto: {
      fields: {
        node: list(1, 'NodeProto'),
        name: field(2, 'string'),
        initializer: list(5, 'TensorProto'),
        input: list(11, 'ValueInfoProto'),
        output: list(12, 'ValueInfoProto'),
      },
    },
    NodeProto: {
      fields: {
        input: list(1, 'string'),
        output: list(2, 'string'),
        name: field(3, 'string'),
        opType: field(4, 'string'),
        attribute: list(5, 'AttributeProto'),
        domain: field(7, 'string'),
      },
    },
    AttributeProto: {
      fields: {
        name: field(1, 'string'),
        f: field(2, 'float'),
        i: field(3, 'int64'),
        s: field(4, 'bytes'),
        g: field(6, 'GraphProto'),
        floats: list(7, 'float'),
        ints: list(8, 'int64'),
        type: field(20, 'int32'),
      },
    },
    TensorProto: {
      fields: {
        dims: list(1, 'int64'),
        dataType: field(2, 'int32'),
        name: field(8, 'string'),
        rawData: field(9, 'bytes'),
        externalData: list(13, 'StringStringEntryProto'),
        dataLocation: field(14, 'int32'),
      },
    },
    StringStringEntryProto: { fields: { key: field(1, 'string'), value: field(2, 'string') } },
    ValueInfoProto: { fields: { name: field(1, 'string'), type: field(2, 'TypeProto') } },
    TypeProto: { fields: { tensorType: field(1, 'TensorTypeProto') } },
    TensorTypeProto: { fields: { elemType: field(1, 'int32'), shape: field(2, 'TensorShapeProto') } },
    TensorShapeProto: { fields: { dim: list(1, 'DimensionProto') } },
    DimensionProto: { fields: { dimValue: field(1, 'int64'), dimParam: field(2, 'string') } },
  },
});
const ModelProto = root.lookupType('ModelProto');

export interface AttributeProto {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  g?: GraphProto;
  floats?: readonly number[];
  ints?: readonly number[];
}
export interface NodeProto {
  name: string;
  opType: string;
  domain?: string;
  input: readonly string[];
  output: readonly string[];
  attribute: readonly AttributeProto[];
}
export interface TensorProto {
  name: string;
  dims: readonly number[];
  dataType: number;
  rawData?: Uint8Array;
  externalData?: readonly { key: string; value: string }[];
  dataLocation?: number;
}
export interface ValueInfoProto {
  name: string;
  type?: { tensorType: { elemType: number; shape?: { dim: readonly { dimValue?: number; dimParam?: string }[] } } };
}
export interface GraphProto {
  name: string;
  node: readonly NodeProto[];
  initializer: readonly TensorProto[];
  input: readonly ValueInfoProto[];
  output: readonly ValueInfoProto[];
}

/** An attribute of a node; whole numbers given as `number` are ints, use `float()` for floats. */
export type Attribute =
  number | string | readonly number[] | { readonly float: number } | { readonly graph: GraphProto };
export const float = (value: number): { readonly float: number } => ({ float: value });

export function attribute(name: string, value: Attribute): AttributeProto {
  if (typeof value === 'number') return { name, type: ATTRIBUTE_TYPE.int, i: value };
  if (typeof value === 'string') return { name, type: ATTRIBUTE_TYPE.string, s: new TextEncoder().encode(value) };
  if ('float' in value) return { name, type: ATTRIBUTE_TYPE.float, f: value.float };
  if ('graph' in value) return { name, type: ATTRIBUTE_TYPE.graph, g: value.graph };
  return { name, type: ATTRIBUTE_TYPE.ints, ints: value };
}

/** Opsets the graphs use: ONNX 20 (Gelu, LayerNormalization) and ONNX Runtime's contrib operators. */
const OPSETS = [
  { domain: '', version: 20 },
  { domain: 'com.microsoft', version: 1 },
];

/** The bytes of an .onnx file. */
export function encodeModel(graph: GraphProto): Uint8Array {
  return ModelProto.encode({ irVersion: 9, producerName: 'crossflow', graph, opsetImport: OPSETS }).finish();
}
