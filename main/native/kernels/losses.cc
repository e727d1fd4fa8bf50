// The arithmetic of cross-entropy. Compiled once for each kind of processor, with DORA_KIND naming it.
#include "likelihood.h"

#include "halves.h"

namespace dora {
namespace DORA_KIND {
namespace {

/// Sum of e^(x - top). Partial sums of a long row are few thousands of numbers each, so that float32 holds them.
float exponentialSum(const float* x, long count, float top) {
  const Vec shift = splat(top);
  Vec sums[2] = {};
  long i = 0;
  for (; i + 2 * LANES <= count; i += 2 * LANES)
    for (long k = 0; k < 2; k++) sums[k] += exponential(load(x + i + k * LANES) - shift);
  float rest = 0.0f;
  for (; i < count; i++) rest += exponential(splat(x[i] - top))[0];
  return total(sums[0] + sums[1]) + rest;
}

/// A row of logits as float32.
const float* rowOf(const Likelihood& at, long r, float* scratch) {
  if (!at.half) return static_cast<const float*>(at.logits) + r * at.columns;
  widenSome(halves(at.logits) + r * at.columns, scratch, at.columns);
  return scratch;
}

/// The slopes of one row, which may be written over it.
void slopesOf(const float* row, long columns, int target, float adjoint, float* out) {
  const Vec top = splat(topOf(row, columns));
  const Vec factor = splat(adjoint / exponentialSum(row, columns, top[0]));
  long i = 0;
  for (; i + LANES <= columns; i += LANES) store(out + i, exponential(load(row + i) - top) * factor);
  if (i < columns) storeSome(out + i, exponential(loadSome(row + i, columns - i) - top) * factor, columns - i);
  out[target] -= adjoint;
}

}  // namespace

void losses(const Likelihood& at, long first, long last, float* scratch) {
  for (long r = first; r < last; r++) {
    const float* row = rowOf(at, r, scratch);
    const float top = topOf(row, at.columns);
    static_cast<float*>(at.result)[r] = __builtin_logf(exponentialSum(row, at.columns, top)) + (top - row[at.targets[r]]);
  }
}

void lossSlopes(const Likelihood& at, long first, long last, float* scratch) {
  for (long r = first; r < last; r++) {
    float* const out = at.half ? scratch : static_cast<float*>(at.result) + r * at.columns;
    slopesOf(rowOf(at, r, scratch), at.columns, at.targets[r], at.adjoints[r], out);
    if (at.half) halve(out, halves(at.result) + r * at.columns, at.columns);
  }
}

}  // namespace DORA_KIND
}  // namespace dora
