// The arithmetic of low-rank sums. Compiled once for each kind of processor, with DORA_KIND naming it.
#include "low_rank.h"

#include "products.h"

namespace dora {
namespace DORA_KIND {
namespace {

/// A block of the result stays in the registers.
template <int ROWS, int VECS> void blockAt(const LowRank& at, long row, long column) {
  Vec sums[ROWS][VECS];
  const long place = row * at.columns + column;
  for (int r = 0; r < ROWS; r++) {
    const Vec gain = splat(at.gain ? at.gain[row + r] : 1.0f);
    for (int v = 0; v < VECS; v++) sums[r][v] = load(at.weight + place + r * at.columns + v * LANES) * gain;
  }
  for (long k = 0; k < at.rank; k++) {
    Vec right[VECS];
    for (int v = 0; v < VECS; v++) right[v] = load(at.a + k * at.columns + column + v * LANES);
    for (int r = 0; r < ROWS; r++) {
      const Vec left = splat(at.b[(row + r) * at.rank + k]);
      for (int v = 0; v < VECS; v++) sums[r][v] += left * right[v];
    }
  }
  for (int r = 0; r < ROWS; r++)
    for (int v = 0; v < VECS; v++) store(at.result + place + r * at.columns + v * LANES, sums[r][v]);
}

template <int ROWS> void rowBlock(const LowRank& at, long row) {
  long column = 0;
  for (; column + BLOCK_VECS * LANES <= at.columns; column += BLOCK_VECS * LANES) blockAt<ROWS, BLOCK_VECS>(at, row, column);
  for (; column < at.columns; column += LANES) blockAt<ROWS, 1>(at, row, column);
}

}  // namespace

void addLowRank(const LowRank& at, long first, long last) {
  long row = first;
  for (; row + BLOCK_ROWS <= last; row += BLOCK_ROWS) rowBlock<BLOCK_ROWS>(at, row);
  for (; row < last; row++) rowBlock<1>(at, row);
}

}  // namespace DORA_KIND
}  // namespace dora
