// Scaled dot-product attention of grouped heads (arXiv 1706.03762, 2305.13245) and its gradient, one group of one sample at
// a time. Scores live in the cache alone: the backward pass forms them again (arXiv 2205.14135).
#pragma once

namespace dora {

/// q [batch, length, heads, size], already scaled; keys and values [batch, keys, groups, size]; bias [1 or batch, 1 or length, keys].
struct Attention {
  long batch;
  long length;
  long keys;
  long heads;
  long groups;
  long size;
  /// How far the bias of the next sample and of the next query lies; 0 where they share one.
  long biasOfSample;
  long biasOfQuery;
  const float* q;
  const float* k;
  const float* v;
  const float* bias;
  /// Forward: y [batch, length, heads, size]. Backward: its adjoint, and where those of q, k and v go.
  float* y;
  const float* dy;
  float* dq;
  float* dk;
  float* dv;
};

/// Bytes of scratch memory that a thread needs.
long attentionScratch(const Attention& attention, bool backward);

/// What one task is about: the heads of one group of one sample, `number` being sample * groups + group, and some of the queries.
struct Share {
  long number;
  /// Queries, from a multiple of QUERY_TILE on.
  long first;
  long last;
  /// Backward, where a group's queries are shared out: what they add to the adjoints of its keys and values, [keys, size]
  /// each. Null: they are all here, and the adjoints go where they belong.
  float* dk;
  float* dv;
};

/// `scratch` lies on a boundary of 64 bytes.
using RunGroup = void(const Attention&, const Share& share, char* scratch);

namespace base { RunGroup attend, attendBackward; }
#ifdef DORA_X64
namespace avx2 { RunGroup attend, attendBackward; }
namespace avx512 { RunGroup attend, attendBackward; }
#endif

/// Queries that are worked on together.
constexpr long QUERY_TILE = 48;
/// Keys whose transposed numbers lie together, as a panel [size, PANEL].
constexpr long PANEL = 64;
/// A key whose bias is below is not seen: masks are -1e9, scores are nowhere near.
constexpr float HIDDEN = -1e8f;

}  // namespace dora
