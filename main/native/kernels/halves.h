// Rows of bfloat16, as the upper halves of float32. As vectors.h, each kind of processor gets a copy of its own.
#pragma once

#include "vectors.h"

namespace {

typedef unsigned Words __attribute__((vector_size(4 * LANES)));
typedef unsigned short LooseHalves __attribute__((vector_size(2 * LANES), aligned(2), may_alias));

/// bfloat16: the upper half of a float32, whose lower half is zero.
inline Vec widen(const unsigned short* from) {
  return (Vec)(__builtin_convertvector(*reinterpret_cast<const LooseHalves*>(from), Words) << 16);
}
/// The nearest numbers of bfloat16, ties to even, as float32; NaN stays NaN.
inline Vec nearestHalf(Vec x) {
  const Words bits = (Words)x;
  const Words rounded = bits + 0x7fff + ((bits >> 16) & 1);
  return (Vec)((x == x ? rounded : (bits | 0x400000)) & 0xffff0000);
}
inline void storeHalf(unsigned short* to, Vec x) {
  *reinterpret_cast<LooseHalves*>(to) = __builtin_convertvector((Words)nearestHalf(x) >> 16, LooseHalves);
}

inline const unsigned short* halves(const void* array) { return static_cast<const unsigned short*>(array); }
inline unsigned short* halves(void* array) { return static_cast<unsigned short*>(array); }

/// `count` numbers of bfloat16 as float32.
inline void widenSome(const unsigned short* from, float* to, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) store(to + i, widen(from + i));
  for (; i < count; i++) {
    const unsigned bits = static_cast<unsigned>(from[i]) << 16;
    __builtin_memcpy(to + i, &bits, sizeof bits);
  }
}

/// `count` numbers as the nearest ones of bfloat16.
inline void halve(const float* from, unsigned short* to, long count) {
  long i = 0;
  for (; i + LANES <= count; i += LANES) storeHalf(to + i, load(from + i));
  const Vec rest = i < count ? nearestHalf(loadSome(from + i, count - i)) : Vec{};
  for (long k = 0; i + k < count; k++) to[i + k] = static_cast<unsigned short>(((Words)rest)[k] >> 16);
}

}  // namespace
