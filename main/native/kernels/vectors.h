// As many numbers at once as a register holds, as GCC and Clang write them for whatever processor they compile for, and the
// functions that TensorFlow's passes know. Everything here is static: each kind of processor gets a copy of its own.
#pragma once

namespace {

// Divisors of 16. Wider than a register, GCC 12 keeps vectors in memory instead: products took 2.5 times as long.
#if defined(__AVX512F__)
constexpr long LANES = 16;
#elif defined(__AVX2__)
constexpr long LANES = 8;
#else
constexpr long LANES = 4;
#endif
typedef float Vec __attribute__((vector_size(4 * LANES)));
typedef int Ints __attribute__((vector_size(4 * LANES)));
typedef float Loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

inline Vec load(const float* from) { return *reinterpret_cast<const Loose*>(from); }
inline void store(float* to, Vec value) { *reinterpret_cast<Loose*>(to) = value; }
/// x - 0 is x, which x + 0 is not where x is -0.
inline Vec splat(float x) { return x - Vec{}; }

/// The first `count` numbers, zeros behind them.
inline Vec loadSome(const float* from, long count) {
  Vec value{};
  for (long i = 0; i < count; i++) value[i] = from[i];
  return value;
}
inline void storeSome(float* to, Vec value, long count) {
  for (long i = 0; i < count; i++) to[i] = value[i];
}

/// NaN stays NaN.
inline Vec larger(Vec a, Vec b) { return ((a > b) | (a != a)) ? a : b; }

inline Vec root(Vec x) {
  Vec y;
  for (long i = 0; i < LANES; i++) y[i] = __builtin_sqrtf(x[i]);
  return y;
}

/// e^x to about one unit in the last place: x = n ln 2 + r, a polynomial for e^r, and 2^n in two factors, so that results
/// run into infinity and zero by themselves.
inline Vec exponential(Vec x) {
  const float ROUND = 12582912.0f;  // 1.5 * 2^23: adding it leaves an integer in the low bits
  x = x > 89.0f ? splat(89.0f) : x;
  x = x < -104.0f ? splat(-104.0f) : x;
  const Vec shifted = x * 1.44269504088896341f + ROUND;
  const Vec n = shifted - ROUND;
  const Vec r = (x - n * 0.693359375f) + n * 2.12194440e-4f;
  Vec p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  p = p * r * r + r + 1.0f;
  const Ints whole = (Ints)shifted - (Ints)splat(ROUND);
  const Ints half = whole >> 1;
  const Ints rest = whole - half;
  return p * (Vec)((half + 127) << 23) * (Vec)((rest + 127) << 23);
}

inline Vec logistic(Vec x) { return 1.0f / (1.0f + exponential(-x)); }

/// Near zero a series, as 1 - 2 / (e^2x + 1) loses digits there.
inline Vec hyperbolicTangent(Vec x) {
  const Vec square = x * x;
  Vec series = splat(62.0f / 2835.0f);
  series = series * square - 17.0f / 315.0f;
  series = series * square + 2.0f / 15.0f;
  series = series * square - 1.0f / 3.0f;
  const Vec near = x + x * square * series;
  const Vec far = 1.0f - 2.0f / (exponential(x + x) + 1.0f);
  return square < 0.09f ? near : far;
}

inline float total(Vec v) {
  for (long half = LANES / 2; half > 0; half /= 2)
    for (long i = 0; i < half; i++) v[i] += v[i + half];
  return v[0];
}
inline float largest(Vec v) {
  float top = v[0];
  for (long i = 1; i < LANES; i++) top = v[i] > top || v[i] != v[i] ? v[i] : top;
  return top;
}
/// The largest number of a row.
inline float topOf(const float* x, long count) {
  Vec tops = splat(x[0]);
  long i = 0;
  for (; i + LANES <= count; i += LANES) tops = larger(tops, load(x + i));
  for (; i < count; i++) tops = larger(tops, splat(x[i]));
  return largest(tops);
}

}  // namespace
