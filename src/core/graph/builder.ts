/** Writes an ONNX graph node by node. Every method that makes a value gives back its name. */
import { relative, sep } from 'node:path';
import { failed } from '../errors';
import {
  isQuantized,
  type LinearRef,
  type NormKind,
  type NormRef,
  type QuantizedRef,
  type StoredDtype,
  type TensorRef,
} from '../spec';
import {
  type Attribute,
  attribute,
  encodeModel,
  float,
  type GraphProto,
  type NodeProto,
  ONNX_TYPE,
  type OnnxType,
  type TensorProto,
  type ValueInfoProto,
} from './onnx';
import { splitLinear } from './split';

export type Value = string;
/** A size, or the name of a size known only at run time. */
export type Dim = number | string;

interface NodeOptions {
  readonly domain?: string;
  readonly outputs?: number;
  /** Name of the (single) output. */
  readonly name?: string;
}

/** Weights of one checkpoint, shared by a graph and its branches. */
class Weights {
  readonly tensors = new Map<string, TensorProto>();
  private readonly places = new Map<string, string>();
  constructor(readonly folder: string) {}
  /** The name it has in the graph: its own, or where it lies beside that, when another part of the tensor is there. */
  add(ref: TensorRef<StoredDtype>): Value {
    const place = `${ref.offset}+${ref.length}`;
    const name = (this.places.get(ref.name) ?? place) === place ? ref.name : `${ref.name}@${place}`;
    if (this.tensors.has(name)) return name;
    this.places.set(name, place);
    const location = relative(this.folder, ref.file).split(sep).join('/');
    this.tensors.set(name, {
      name,
      dims: ref.shape,
      dataType: ONNX_TYPE[ref.dtype],
      dataLocation: 1,
      externalData: [
        { key: 'location', value: location },
        { key: 'offset', value: String(ref.offset) },
        { key: 'length', value: String(ref.length) },
      ],
    });
    return name;
  }
}

export class GraphBuilder {
  private nodes: NodeProto[] = [];
  /**
   * What widens weights, put before all other nodes. ONNX Runtime orders nodes depth first from the outputs and, of a
   * node's inputs, computes the one last that stands first in the graph: so a weight is widened right before its use.
   * Standing where they are used, all weights of a graph would be widened first, and lie in memory together.
   */
  private readonly widening: NodeProto[] = [];
  private readonly inputs: ValueInfoProto[] = [];
  private readonly outputs: ValueInfoProto[] = [];
  private readonly constants: TensorProto[] = [];
  private readonly casts = new Map<string, Value>();
  private readonly weights: Weights;
  private counter: { next: number };

  /** `folder`: what external data is relative to; all weight files lie in it. */
  constructor(
    readonly name: string,
    folder: string | GraphBuilder,
  ) {
    this.weights = folder instanceof GraphBuilder ? folder.weights : new Weights(folder);
    this.counter = folder instanceof GraphBuilder ? folder.counter : { next: 0 };
  }

  private fresh(hint: string): Value {
    return `${hint}_${this.counter.next++}`;
  }

  input(name: string, type: OnnxType, dims: readonly Dim[]): Value {
    this.inputs.push(valueInfo(name, type, dims));
    return name;
  }

  output(value: Value, name: string, type: OnnxType, dims: readonly Dim[]): void {
    if (value !== name) this.node('Identity', [value], {}, { name });
    this.outputs.push(valueInfo(name, type, dims));
  }

  node(
    opType: string,
    input: readonly Value[],
    attributes: Record<string, Attribute> = {},
    options: NodeOptions = {},
  ): Value {
    return this.nodeMany(opType, input, attributes, { ...options, outputs: 1 })[0];
  }

  nodeMany(
    opType: string,
    input: readonly Value[],
    attributes: Record<string, Attribute>,
    options: NodeOptions,
  ): Value[] {
    const name = this.fresh(opType);
    const output = Array.from({ length: options.outputs ?? 1 }, (_, i) => options.name ?? (i ? `${name}.${i}` : name));
    this.nodes.push({
      name,
      opType,
      input,
      output,
      ...(options.domain ? { domain: options.domain } : {}),
      attribute: Object.entries(attributes).map(([key, value]) => attribute(key, value)),
    });
    return output;
  }

  /** An operator of ONNX Runtime's own domain. */
  contrib(opType: string, input: readonly Value[], attributes: Record<string, Attribute> = {}): Value {
    return this.node(opType, input, attributes, { domain: 'com.microsoft' });
  }

  ints(values: readonly number[]): Value {
    const name = this.fresh('ints');
    const rawData = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.constants.push({ name, dims: [values.length], dataType: ONNX_TYPE.int64, rawData });
    return name;
  }

  scalar(value: number): Value {
    const name = this.fresh('scalar');
    this.constants.push({
      name,
      dims: [],
      dataType: ONNX_TYPE.f32,
      rawData: new Uint8Array(Float32Array.of(value).buffer),
    });
    return name;
  }

  /** A tensor of the checkpoint as f32; f16 and bf16 pass through a Cast. */
  weight(ref: TensorRef): Value {
    const name = this.weights.add(ref);
    if (ref.dtype === 'f32') return name;
    let cast = this.casts.get(name);
    if (!cast) {
      cast = this.widened(() => this.node('Cast', [name], { to: ONNX_TYPE.f32 }));
      this.casts.set(name, cast);
    }
    return cast;
  }

  /** Nodes that depend on weights alone. */
  widened(make: () => Value): Value {
    const { nodes } = this;
    this.nodes = this.widening;
    try {
      return make();
    } finally {
      this.nodes = nodes;
    }
  }

  /** `x [n, in] -> [n, out]` with a weight stored as `[out, in]`, or `[in, out]` when transposed. */
  linear(x: Value, ref: LinearRef): Value {
    const parts = splitLinear(ref).map((part) => this.product(x, part));
    return parts.length === 1 ? parts[0] : this.concat(parts, 1);
  }

  private product(x: Value, ref: LinearRef): Value {
    const bias = ref.bias ? [this.weight(ref.bias)] : [];
    const { weight, transposed } = ref;
    if (!isQuantized(weight))
      return this.node('Gemm', [x, this.weight(weight), ...bias], { transB: transposed ? 0 : 1 });
    if (transposed) throw failed(`weight ${weight.name} is quantised and transposed, which no graph can read`);
    if (weight.bits === 4) return this.linear4(x, weight, bias);
    return this.linear8(x, weight, bias);
  }

  /** ONNX Runtime's own operator on blocks of 4 bits; `accuracy_level` 0 computes in f32, nothing is rounded twice. */
  private linear4(x: Value, ref: QuantizedRef, bias: readonly Value[]): Value {
    const [n, k] = ref.shape;
    const inputs = [x, this.weights.add(ref.values), this.weight(ref.scales)];
    // a place left out is an empty name: zero points, group index, bias
    if (ref.zeroPoints ?? bias.length > 0) inputs.push(ref.zeroPoints ? this.weights.add(ref.zeroPoints) : '');
    if (bias.length > 0) inputs.push('', ...bias);
    return this.contrib('MatMulNBits', inputs, { K: k, N: n, bits: 4, block_size: ref.blockSize, accuracy_level: 0 });
  }

  /**
   * Blocks of 8 bits widened at each use. MatMulNBits has no f32 kernel for 8 bits: it does the same in seven times the
   * time (docs/decisions.md).
   */
  private linear8(x: Value, ref: QuantizedRef, bias: readonly Value[]): Value {
    const [n, k] = ref.shape;
    const blocks = Math.ceil(k / ref.blockSize);
    const weight = this.widened(() => {
      const wide = this.node('Cast', [this.weights.add(ref.values)], { to: ONNX_TYPE.f32 });
      const scaled = this.node('Mul', [wide, this.reshape(this.weight(ref.scales), [n, blocks, 1])]);
      return this.reshape(scaled, [n, blocks * ref.blockSize]);
    });
    const missing = blocks * ref.blockSize - k;
    const input = missing === 0 ? x : this.node('Pad', [x, this.ints([0, 0, 0, missing])]);
    return this.node('Gemm', [input, weight, ...bias], { transB: 1 });
  }

  /** Over the last axis of `x [..., width]`. */
  norm(x: Value, ref: NormRef, { kind, epsilon, offset = 0 }: NormKind): Value {
    const stored = this.weight(ref.weight);
    // 1 + w in f32, whatever type w is stored in: rounded to that type it would be another norm
    const weight = offset === 0 ? stored : this.widened(() => this.node('Add', [stored, this.scalar(offset)]));
    if (kind === 'rms') {
      const attributes = { axis: -1, epsilon: float(epsilon), stash_type: 1 };
      return this.node('SimplifiedLayerNormalization', [x, weight], attributes);
    }
    const inputs = [x, weight, ...(ref.bias ? [this.weight(ref.bias)] : [])];
    return this.node('LayerNormalization', inputs, { axis: -1, epsilon: float(epsilon) });
  }

  /** Sizes known only at run time are int64 values of one element. */
  reshape(x: Value, shape: Value | readonly (number | Value)[]): Value {
    if (typeof shape === 'string') return this.node('Reshape', [x, shape]);
    const fixed = shape.filter((part) => typeof part === 'number');
    return this.node('Reshape', [x, fixed.length === shape.length ? this.ints(fixed) : this.shape(shape)]);
  }

  transpose(x: Value, perm: readonly number[]): Value {
    return this.node('Transpose', [x], { perm });
  }

  concat(values: readonly Value[], axis: number): Value {
    return this.node('Concat', values, { axis });
  }

  /** A shape from numbers and int64 values of one element. */
  shape(parts: readonly (number | Value)[]): Value {
    return this.concat(
      parts.map((p) => (typeof p === 'number' ? this.ints([p]) : p)),
      0,
    );
  }

  /** `alpha * a @ b` (b transposed in its last two axes when `transB`), broadcasting over the leading axes. */
  matmul(a: Value, b: Value, options: { transB?: boolean; alpha?: number } = {}): Value {
    return this.contrib('FusedMatMul', [a, b], { transB: options.transB ? 1 : 0, alpha: float(options.alpha ?? 1) });
  }

  /** `If`; both branches give the same number of values. Branches may use every value made before. */
  branch(condition: Value, then: (b: GraphBuilder) => Value[], otherwise: (b: GraphBuilder) => Value[]): Value[] {
    const build = (name: string, body: (b: GraphBuilder) => Value[]): GraphProto => {
      const b = new GraphBuilder(name, this);
      const values = body(b);
      return { ...b.graph(), output: values.map((v) => ({ name: v })) };
    };
    const thenBranch = build(this.fresh('then'), then);
    const elseBranch = build(this.fresh('else'), otherwise);
    return this.nodeMany(
      'If',
      [condition],
      { then_branch: { graph: thenBranch }, else_branch: { graph: elseBranch } },
      {
        outputs: thenBranch.output.length,
      },
    );
  }

  private graph(): GraphProto {
    const node = [...this.widening, ...this.nodes];
    return { name: this.name, node, initializer: this.constants, input: this.inputs, output: this.outputs };
  }

  finish(): Uint8Array {
    const graph = this.graph();
    return encodeModel({ ...graph, initializer: [...graph.initializer, ...this.weights.tensors.values()] });
  }
}

function valueInfo(name: string, type: OnnxType, dims: readonly Dim[]): ValueInfoProto {
  const dim = dims.map((d) => (typeof d === 'number' ? { dimValue: d } : { dimParam: d }));
  return { name, type: { tensorType: { elemType: ONNX_TYPE[type], shape: { dim } } } };
}
