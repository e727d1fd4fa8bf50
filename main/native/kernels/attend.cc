// The arithmetic of attention. Compiled once for each kind of processor, with DORA_KIND naming it.
#include "attention.h"

#include "products.h"

namespace dora {
namespace DORA_KIND {
namespace {

long panelsOf(const Attention& at) { return (at.keys + PANEL - 1) / PANEL; }

/// Hands out pieces of the scratch memory.
struct Pieces {
  float* next;
  float* take(long count) {
    float* piece = next;
    next += (count + LANES - 1) / LANES * LANES;
    return piece;
  }
};

/// One group of one sample: where its arrays begin, and copies of its keys and values that lie together.
struct Group {
  const Attention& at;
  long sample;
  long group;
  long share;

  Group(const Attention& attention, long task)
      : at(attention), sample(task / attention.groups), group(task % attention.groups), share(attention.heads / attention.groups) {}

  /// First number of a query of a head, in an array laid out as q; of a key, in one laid out as keys.
  long query(long head, long position) const {
    return ((sample * at.length + position) * at.heads + group * share + head) * at.size;
  }
  long key(long position) const { return ((sample * at.keys + position) * at.groups + group) * at.size; }
  const float* bias(long position) const { return at.bias + sample * at.biasOfSample + position * at.biasOfQuery; }
};

/// Rows of the group's keys or values as [keys, size].
void gather(const Group& group, const float* from, float* to) {
  const long size = group.at.size;
  for (long j = 0; j < group.at.keys; j++)
    for (long i = 0; i < size; i += LANES) store(to + j * size + i, load(from + group.key(j) + i));
}

/// The same as panels [size, PANEL], with zeros for keys that are not there.
void transpose(const Group& group, const float* rows, float* panels) {
  const long size = group.at.size;
  for (long p = 0; p < panelsOf(group.at); p++) {
    float* panel = panels + p * PANEL * size;
    const long here = group.at.keys - p * PANEL < PANEL ? group.at.keys - p * PANEL : PANEL;
    for (long i = 0; i < size; i++) {
      for (long j = 0; j < here; j++) panel[i * PANEL + j] = rows[(p * PANEL + j) * size + i];
      for (long j = here; j < PANEL; j++) panel[i * PANEL + j] = 0.0f;
    }
  }
}

/// Panels of keys, from `first` to before `end`.
struct Seen { long first; long end; };

bool seesPanel(const Attention& at, const float* bias, long panel) {
  const long end = (panel + 1) * PANEL < at.keys ? (panel + 1) * PANEL : at.keys;
  Vec tops = splat(-3e38f);
  long j = panel * PANEL;
  for (; j + LANES <= end; j += LANES) tops = larger(tops, load(bias + j));
  for (; j < end; j++) tops = larger(tops, splat(bias[j]));
  return largest(tops) > HIDDEN;
}

/// The panels outside of which no query of a tile sees a key; all of them if one of the queries sees none.
Seen seenBy(const Group& group, long first, long count) {
  const Attention& at = group.at;
  const long panels = panelsOf(at);
  Seen seen{panels, 0};
  for (long r = 0; r < count; r++) {
    const float* bias = group.bias(first + r);
    long begin = 0;
    while (begin < panels && !seesPanel(at, bias, begin)) begin++;
    if (begin == panels) return {0, panels};
    long end = panels;
    while (!seesPanel(at, bias, end - 1)) end--;
    if (begin < seen.first) seen.first = begin;
    if (end > seen.end) seen.end = end;
  }
  return seen;
}

/// A tile of queries of one head, and the scratch rows [count, stride] of its scores; column j stands for key j - first * PANEL.
struct Tile {
  const Group& group;
  long head;
  long first;
  long count;
  Seen seen;
  long columns() const { return (seen.end - seen.first) * PANEL; }
};

/// left [count, size] times panels, into rows of `stride`.
void timesPanels(const Tile& tile, Left left, const float* panels, float* out, long stride) {
  const long size = tile.group.at.size;
  for (long p = tile.seen.first; p < tile.seen.end; p++)
    product<false>(left, {panels + p * PANEL * size, PANEL}, {out + (p - tile.seen.first) * PANEL, stride}, tile.count, PANEL, size);
}

/// Adds the bias to a row of scores and turns it into exponentials of their distance to the largest; returns 1 / their sum.
float exponentials(const Tile& tile, const float* bias, float* row) {
  const long begin = tile.seen.first * PANEL;
  const long real = tile.group.at.keys - begin < tile.columns() ? tile.group.at.keys - begin : tile.columns();
  Vec tops = splat(-3e38f);
  long j = 0;
  for (; j + LANES <= real; j += LANES) {
    const Vec value = load(row + j) + load(bias + begin + j);
    store(row + j, value);
    tops = larger(tops, value);
  }
  for (; j < real; j++) {
    row[j] += bias[begin + j];
    tops = larger(tops, splat(row[j]));
  }
  for (; j < tile.columns(); j++) row[j] = -3e38f;
  const Vec top = splat(largest(tops));
  Vec sums{};
  for (j = 0; j < tile.columns(); j += LANES) {
    const Vec value = exponential(load(row + j) - top);
    store(row + j, value);
    sums += value;
  }
  return 1.0f / total(sums);
}

void scaleRow(float* row, float factor, long count) {
  for (long j = 0; j < count; j += LANES) store(row + j, load(row + j) * factor);
}

/// Rows of a tile out of an array laid out as q.
Left queriesOf(const Tile& tile, const float* q) {
  return {q + tile.group.query(tile.head, tile.first), tile.group.at.heads * tile.group.at.size, 1};
}

/// Calls `work` for each tile of queries of each head of a group.
template <class F> void eachTile(const Group& group, const Share& share, F work) {
  for (long first = share.first; first < share.last; first += QUERY_TILE) {
    const long count = share.last - first < QUERY_TILE ? share.last - first : QUERY_TILE;
    const Seen seen = seenBy(group, first, count);
    for (long head = 0; head < group.share; head++) work(Tile{group, head, first, count, seen});
  }
}

/// dS = P (dP - sum(P dP)) of a row, in place of dP.
void softmaxSlope(const float* weights, float* slopes, long count) {
  Vec sums{};
  for (long j = 0; j < count; j += LANES) sums += load(weights + j) * load(slopes + j);
  const Vec mean = splat(total(sums));
  for (long j = 0; j < count; j += LANES) store(slopes + j, load(weights + j) * (load(slopes + j) - mean));
}

/// Puts rows that lie together into an array laid out as keys.
void scatter(const Group& group, const float* rows, float* to) {
  const long size = group.at.size;
  for (long j = 0; j < group.at.keys; j++)
    for (long i = 0; i < size; i += LANES) store(to + group.key(j) + i, load(rows + j * size + i));
}

}  // namespace

void attend(const Attention& at, const Share& share, char* scratch) {
  const Group group(at, share.number);
  const long width = panelsOf(at) * PANEL;
  Pieces pieces{reinterpret_cast<float*>(scratch)};
  float* rows = pieces.take(width * at.size);
  float* panels = pieces.take(width * at.size);
  float* scores = pieces.take(QUERY_TILE * width);
  gather(group, at.k, rows);
  transpose(group, rows, panels);
  gather(group, at.v, rows);
  for (long j = at.keys * at.size; j < width * at.size; j++) rows[j] = 0.0f;
  eachTile(group, share, [&](const Tile& tile) {
    float factors[QUERY_TILE];
    timesPanels(tile, queriesOf(tile, at.q), panels, scores, width);
    for (long r = 0; r < tile.count; r++) factors[r] = exponentials(tile, group.bias(tile.first + r), scores + r * width);
    float* y = at.y + group.query(tile.head, tile.first);
    const long stride = at.heads * at.size;
    product<false>({scores, width, 1}, {rows + tile.seen.first * PANEL * at.size, at.size}, {y, stride}, tile.count, at.size, tile.columns());
    for (long r = 0; r < tile.count; r++) scaleRow(y + r * stride, factors[r], at.size);
  });
}

void attendBackward(const Attention& at, const Share& share, char* scratch) {
  const Group group(at, share.number);
  const long width = panelsOf(at) * PANEL;
  const long size = at.size;
  Pieces pieces{reinterpret_cast<float*>(scratch)};
  float* keys = pieces.take(width * size);
  float* keyPanels = pieces.take(width * size);
  float* valuePanels = pieces.take(width * size);
  float* dKeys = pieces.take(width * size);
  float* dValues = pieces.take(width * size);
  float* weights = pieces.take(QUERY_TILE * width);
  float* slopes = pieces.take(QUERY_TILE * width);
  gather(group, at.v, keys);
  transpose(group, keys, valuePanels);
  gather(group, at.k, keys);
  for (long j = at.keys * size; j < width * size; j++) keys[j] = 0.0f;
  transpose(group, keys, keyPanels);
  for (long j = 0; j < width * size; j++) dKeys[j] = dValues[j] = 0.0f;
  eachTile(group, share, [&](const Tile& tile) {
    const Left queries = queriesOf(tile, at.q);
    const Left adjoints = queriesOf(tile, at.dy);
    const long columns = tile.columns();
    const long begin = tile.seen.first * PANEL * size;
    timesPanels(tile, queries, keyPanels, weights, width);
    timesPanels(tile, adjoints, valuePanels, slopes, width);
    for (long r = 0; r < tile.count; r++) {
      float* row = weights + r * width;
      scaleRow(row, exponentials(tile, group.bias(tile.first + r), row), columns);
      softmaxSlope(row, slopes + r * width, columns);
    }
    product<true>({weights, 1, width}, {adjoints.data, adjoints.rowStep}, {dValues + begin, size}, columns, size, tile.count);
    product<true>({slopes, 1, width}, {queries.data, queries.rowStep}, {dKeys + begin, size}, columns, size, tile.count);
    product<false>({slopes, width, 1}, {keys + begin, size}, {at.dq + group.query(tile.head, tile.first), queries.rowStep},
                   tile.count, size, columns);
  });
  if (!share.dk) {
    scatter(group, dKeys, at.dk);
    scatter(group, dValues, at.dv);
    return;
  }
  for (long i = 0; i < at.keys * size; i += LANES) {
    store(share.dk + i, load(dKeys + i));
    store(share.dv + i, load(dValues + i));
  }
}

}  // namespace DORA_KIND
}  // namespace dora
