// A weight with a product of low rank added to it: W + B A, and DoRA's g W + (g B) A with a number of g for each row
// (arXiv 2402.09353, equation 5). W is read once and the result written once.
#pragma once

namespace dora {

/// weight and result [rows, columns], b [rows, rank], a [rank, columns], gain [rows] or null.
struct LowRank {
  long rows;
  long columns;
  long rank;
  const float* weight;
  const float* b;
  const float* a;
  const float* gain;
  float* result;
};

using RunLowRank = void(const LowRank&, long first, long last);

namespace base { RunLowRank addLowRank; }
#ifdef DORA_X64
namespace avx2 { RunLowRank addLowRank; }
namespace avx512 { RunLowRank addLowRank; }
#endif

}  // namespace dora
