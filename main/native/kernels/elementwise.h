// What the steps of a chain compute, vector by vector and row by row. As vectors.h, each kind of processor gets a copy of its own.
#pragma once

#include "halves.h"
#include "passes.h"

namespace dora {
namespace {

struct Add { static Vec of(Vec a, Vec b) { return a + b; } };
struct Sub { static Vec of(Vec a, Vec b) { return a - b; } };
struct Mul { static Vec of(Vec a, Vec b) { return a * b; } };
struct Div { static Vec of(Vec a, Vec b) { return a / b; } };
struct Maximum { static Vec of(Vec a, Vec b) { return larger(a, b); } };
// The first operand is the function's result y, the second the adjoint.
struct SigmoidGrad { static Vec of(Vec y, Vec dy) { return dy * y * (1.0f - y); } };
struct TanhGrad { static Vec of(Vec y, Vec dy) { return dy * (1.0f - y * y); } };
struct Neg { static Vec of(Vec x) { return -x; } };
struct Abs { static Vec of(Vec x) { return (Vec)((Ints)x & 0x7fffffff); } };
struct Square { static Vec of(Vec x) { return x * x; } };
struct Sqrt { static Vec of(Vec x) { return root(x); } };
struct Rsqrt { static Vec of(Vec x) { return 1.0f / root(x); } };
struct Exp { static Vec of(Vec x) { return exponential(x); } };
struct Sigmoid { static Vec of(Vec x) { return logistic(x); } };
struct Tanh { static Vec of(Vec x) { return hyperbolicTangent(x); } };
struct Round { static Vec of(Vec x) { return nearestHalf(x); } };

template <class F> void unary(const float* a, float* out, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(out + i, F::of(load(a + i)));
  if (i < count) storeSome(out + i, F::of(loadSome(a + i, count - i)), count - i);
}

template <class F, bool A, bool B> void pairs(const float* a, const float* b, float* out, long count) {
  const Vec one = splat(*a);
  const Vec other = splat(*b);
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(out + i, F::of(A ? load(a + i) : one, B ? load(b + i) : other));
  const long rest = count - i;
  if (rest > 0) storeSome(out + i, F::of(A ? loadSome(a + i, rest) : one, B ? loadSome(b + i, rest) : other), rest);
}

template <class F> void binary(const float* a, long innerA, const float* b, long innerB, float* out, long count) {
  if (innerA && innerB) return pairs<F, true, true>(a, b, out, count);
  if (innerA) return pairs<F, true, false>(a, b, out, count);
  if (innerB) return pairs<F, false, true>(a, b, out, count);
  return pairs<F, false, false>(a, b, out, count);
}

float sumOf(const float* x, long count) {
  Vec sums[4] = {};
  long i = 0;
  for (; i + 4 * LANES <= count; i += 4 * LANES)
    for (long k = 0; k < 4; k++) sums[k] += load(x + i + k * LANES);
  for (; i + LANES <= count; i += LANES) sums[0] += load(x + i);
  if (i < count) sums[1] += loadSome(x + i, count - i);
  return total((sums[0] + sums[1]) + (sums[2] + sums[3]));
}

void softmax(const float* x, float* out, long count) {
  const float top = topOf(x, count);
  long i = 0;
  const Vec shift = splat(top);
  for (; i + LANES <= count; i += LANES) store(out + i, exponential(load(x + i) - shift));
  if (i < count) storeSome(out + i, exponential(loadSome(x + i, count - i) - shift), count - i);
  const float share = 1.0f / sumOf(out, count);
  pairs<Mul, true, false>(out, &share, out, count);
}

/// (-second half, first half) of the first `turned` numbers, zeros behind: Hugging Face's rotate_half.
void rotateHalf(const float* x, float* out, long count, long turned) {
  const long half = turned / 2;
  for (long i = 0; i < half; i++) out[i] = -x[i + half];
  for (long i = 0; i < half; i++) out[i + half] = x[i];
  for (long i = turned; i < count; i++) out[i] = 0.0f;
}

void apply(Code code, const float* a, long innerA, const float* b, long innerB, float* out, long count) {
  switch (code) {
    case Code::ADD: return binary<Add>(a, innerA, b, innerB, out, count);
    case Code::SUB: return binary<Sub>(a, innerA, b, innerB, out, count);
    case Code::MUL: return binary<Mul>(a, innerA, b, innerB, out, count);
    case Code::DIV: return binary<Div>(a, innerA, b, innerB, out, count);
    case Code::MAXIMUM: return binary<Maximum>(a, innerA, b, innerB, out, count);
    case Code::SIGMOID_GRAD: return binary<SigmoidGrad>(a, innerA, b, innerB, out, count);
    case Code::TANH_GRAD: return binary<TanhGrad>(a, innerA, b, innerB, out, count);
    case Code::NEG: return unary<Neg>(a, out, count);
    case Code::ABS: return unary<Abs>(a, out, count);
    case Code::SQUARE: return unary<Square>(a, out, count);
    case Code::SQRT: return unary<Sqrt>(a, out, count);
    case Code::RSQRT: return unary<Rsqrt>(a, out, count);
    case Code::EXP: return unary<Exp>(a, out, count);
    case Code::SIGMOID: return unary<Sigmoid>(a, out, count);
    case Code::TANH: return unary<Tanh>(a, out, count);
    case Code::ROUND: return unary<Round>(a, out, count);
    default: return;
  }
}

}  // namespace
}  // namespace dora
