// Cross-entropy of rows of logits: each row is read once for its loss, and once more for its gradient.
#pragma once

namespace dora {

/// logits [rows, columns], the target of each row, and for the gradient the adjoint of each loss.
struct Likelihood {
  long rows;
  long columns;
  const float* logits;
  const int* targets;
  const float* adjoints;
  /// Losses [rows], or the gradient [rows, columns], which may take the place of the logits.
  float* result;
};

using RunLikelihood = void(const Likelihood&, long first, long last);

namespace base { RunLikelihood losses, lossSlopes; }
#ifdef DORA_X64
namespace avx2 { RunLikelihood losses, lossSlopes; }
namespace avx512 { RunLikelihood losses, lossSlopes; }
#endif

}  // namespace dora
