// The arithmetic of cross-entropy. Compiled once for each kind of processor, with DORA_KIND naming it.
#include "likelihood.h"

#include "vectors.h"

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

}  // namespace

void losses(const Likelihood& at, long first, long last) {
  for (long r = first; r < last; r++) {
    const float* row = at.logits + r * at.columns;
    const float top = topOf(row, at.columns);
    at.result[r] = __builtin_logf(exponentialSum(row, at.columns, top)) + (top - row[at.targets[r]]);
  }
}

void lossSlopes(const Likelihood& at, long first, long last) {
  for (long r = first; r < last; r++) {
    const float* row = at.logits + r * at.columns;
    float* out = at.result + r * at.columns;
    const Vec top = splat(topOf(row, at.columns));
    const Vec factor = splat(at.adjoints[r] / exponentialSum(row, at.columns, top[0]));
    long i = 0;
    for (; i + LANES <= at.columns; i += LANES) store(out + i, exponential(load(row + i) - top) * factor);
    if (i < at.columns) storeSome(out + i, exponential(loadSome(row + i, at.columns - i) - top) * factor, at.columns - i);
    out[at.targets[r]] -= at.adjoints[r];
  }
}

}  // namespace DORA_KIND
}  // namespace dora
