// Cross-entropy of rows of logits: each row is read once for its loss, and once more for its gradient.
#pragma once

namespace dora {

/// logits [rows, columns] of float32 or bfloat16, the target of each row, and for the gradient the adjoint of each loss.
struct Likelihood {
  long rows;
  long columns;
  bool half;
  const void* logits;
  const int* targets;
  const float* adjoints;
  /// Losses [rows], or the gradient [rows, columns] of the logits' type, which may take their place.
  void* result;
};

/// `scratch` holds a row of float32 where the logits are bfloat16.
using RunLikelihood = void(const Likelihood&, long first, long last, float* scratch);

namespace base { RunLikelihood losses, lossSlopes; }
#ifdef DORA_X64
namespace avx2 { RunLikelihood losses, lossSlopes; }
namespace avx512 { RunLikelihood losses, lossSlopes; }
#endif

}  // namespace dora
