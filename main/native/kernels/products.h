// Products of small matrices whose right operand is in the cache: what attention is made of. As vectors.h, each kind of
// processor gets a copy of its own; a block of results stays in its registers.
#pragma once

#include "vectors.h"

namespace {

// Rows and vectors of a block: as many sums as there are registers for, beside what they are made of.
#if defined(__AVX512F__) || defined(__aarch64__)
constexpr int BLOCK_ROWS = 6;
constexpr int BLOCK_VECS = 4;
#elif defined(__AVX2__)
constexpr int BLOCK_ROWS = 6;
constexpr int BLOCK_VECS = 2;
#else
constexpr int BLOCK_ROWS = 4;
constexpr int BLOCK_VECS = 2;
#endif

/// The left operand: number (row, k) is at `data[row * row_step + k * step]`, so that it may be read transposed.
struct Left {
  const float* data;
  long rowStep;
  long step;
};
/// The right operand or the result, rows one behind the other at a distance of `stride`.
struct Right { const float* data; long stride; };
struct Result { float* data; long stride; };

template <int ROWS, int VECS, bool ADD> void block(Left a, Right b, Result c, long depth) {
  Vec sums[ROWS][VECS];
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECS; v++) sums[r][v] = ADD ? load(c.data + r * c.stride + v * LANES) : Vec{};
  for (long k = 0; k < depth; k++) {
    Vec right[VECS];
    for (int v = 0; v < VECS; v++) right[v] = load(b.data + k * b.stride + v * LANES);
    for (int r = 0; r < ROWS; r++) {
      const Vec left = splat(a.data[r * a.rowStep + k * a.step]);
      for (int v = 0; v < VECS; v++) sums[r][v] += left * right[v];
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECS; v++) store(c.data + r * c.stride + v * LANES, sums[r][v]);
}

/// One vector wide, a block would have too few sums to keep the processor busy: it is twice as high.
template <int VECS> constexpr int HEIGHT = VECS == 1 ? 2 * BLOCK_ROWS : BLOCK_ROWS;

template <int ROWS, int VECS, bool ADD> void rowsLeft(Left a, Right b, Result c, long rows, long depth) {
  if constexpr (ROWS > 0) {
    if (rows == ROWS) return block<ROWS, VECS, ADD>(a, b, c, depth);
    rowsLeft<ROWS - 1, VECS, ADD>(a, b, c, rows, depth);
  }
}

template <int VECS, bool ADD> void columnBlock(Left a, Right b, Result c, long rows, long depth) {
  long r = 0;
  for (; r + HEIGHT<VECS> <= rows; r += HEIGHT<VECS>)
    block<HEIGHT<VECS>, VECS, ADD>({a.data + r * a.rowStep, a.rowStep, a.step}, b, {c.data + r * c.stride, c.stride}, depth);
  rowsLeft<HEIGHT<VECS> - 1, VECS, ADD>({a.data + r * a.rowStep, a.rowStep, a.step}, b, {c.data + r * c.stride, c.stride},
                                      rows - r, depth);
}

template <int VECS, bool ADD> void columnsLeft(Left a, Right b, Result c, long rows, long vecs, long depth) {
  if constexpr (VECS > 0) {
    if (vecs == VECS) return columnBlock<VECS, ADD>(a, b, c, rows, depth);
    columnsLeft<VECS - 1, ADD>(a, b, c, rows, vecs, depth);
  }
}

/// c = a b, or c += a b: `rows` x `columns` numbers, the columns a multiple of LANES, from `depth` products each.
template <bool ADD> void product(Left a, Right b, Result c, long rows, long columns, long depth) {
  const long vecs = columns / LANES;
  long v = 0;
  for (; v + BLOCK_VECS <= vecs; v += BLOCK_VECS)
    columnBlock<BLOCK_VECS, ADD>(a, {b.data + v * LANES, b.stride}, {c.data + v * LANES, c.stride}, rows, depth);
  columnsLeft<BLOCK_VECS - 1, ADD>(a, {b.data + v * LANES, b.stride}, {c.data + v * LANES, c.stride}, rows, vecs - v, depth);
}

}  // namespace
