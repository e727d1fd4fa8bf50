// The arithmetic of a chain of passes. Compiled once for each kind of processor, with DORA_KIND naming it.
#include "passes.h"

#include "elementwise.h"

namespace dora {
namespace DORA_KIND {
namespace {

/// Where an operand's numbers are in a tile: row r begins at `offsets[r]` or `r * stride`; `inner` is 0 where one number serves a row.
struct Operand {
  const float* base;
  const long* offsets;
  long stride;
  long inner;
  const float* row(long r) const { return base + (offsets ? offsets[r] : r * stride); }
};

bool isRowWise(Code code) { return code == Code::SUM || code == Code::SOFTMAX || code == Code::ROTATE_HALF; }

/// Distances of a tile's rows in an array that is stretched over some of the leading axes.
void rowOffsets(const Program& program, const Input& input, long first, long count, long* offsets) {
  long index[MAX_RANK];
  long left = first;
  long at = 0;
  for (int axis = program.rank - 1; axis >= 0; axis--) {
    index[axis] = left % program.dims[axis];
    left /= program.dims[axis];
    at += index[axis] * input.strides[axis];
  }
  for (long r = 0; r < count; r++) {
    offsets[r] = at;
    for (int axis = program.rank - 1; axis >= 0; axis--) {
      at += input.strides[axis];
      if (++index[axis] < program.dims[axis]) break;
      at -= input.strides[axis] * program.dims[axis];
      index[axis] = 0;
    }
  }
}

/// One tile's scratch memory: wide slots, inputs of bfloat16 widened, one narrow row for each step, offsets for each input.
struct Scratch {
  float* wide;
  float* widened;
  float* narrow;
  long* offsets;
};

long rounded(long count) { return (count + LANES - 1) / LANES * LANES; }

Scratch scratchAt(const Program& program, char* memory) {
  float* wide = reinterpret_cast<float*>(memory);
  float* widened = wide + program.slots * rounded(program.tile * program.width);
  float* narrow = widened + program.halves * rounded(program.tile * program.width);
  return {wide, widened, narrow, reinterpret_cast<long*>(narrow + program.steps * rounded(program.tile))};
}

struct Tile {
  const Program& program;
  const float* const* inputs;
  float* const* outputs;
  Scratch scratch;
  long first;
  long count;
};

/// Where an input of bfloat16 is once it is widened.
float* widenedAt(const Tile& tile, int value) {
  const Program& program = tile.program;
  return tile.scratch.widened + (value - (program.inputs - program.halves)) * rounded(program.tile * program.width);
}

void widenInput(const Tile& tile, int value) {
  const Input& input = tile.program.input[value];
  const long stride = input.wide ? tile.program.width : 1;
  const unsigned short* from = halves(tile.inputs[value]);
  float* const to = widenedAt(tile, value);
  if (input.dense) return widenSome(from + tile.first * stride, to, tile.count * stride);
  const long* offsets = tile.scratch.offsets + value * tile.program.tile;
  for (long r = 0; r < tile.count; r++) widenSome(from + offsets[r], to + r * stride, stride);
}

float* resultOf(const Tile& tile, int number) {
  const Program& program = tile.program;
  const Step& step = program.step[number];
  if (step.output >= 0) return tile.outputs[step.output] + tile.first * (step.wide ? program.width : 1);
  if (step.wide) return tile.scratch.wide + step.slot * rounded(program.tile * program.width);
  return tile.scratch.narrow + number * rounded(program.tile);
}

Operand operandOf(const Tile& tile, int value) {
  const Program& program = tile.program;
  if (value < 0) return {program.constant, nullptr, 0, 0};
  if (value < program.inputs) {
    const Input& input = program.input[value];
    const long stride = input.wide ? program.width : 1;
    if (input.half) return {widenedAt(tile, value), nullptr, stride, input.wide};
    if (input.dense) return {tile.inputs[value] + tile.first * stride, nullptr, stride, input.wide};
    return {tile.inputs[value], tile.scratch.offsets + value * program.tile, 0, input.wide};
  }
  value -= program.inputs;
  if (value < program.constants) return {program.constant + value, nullptr, 0, 0};
  value -= program.constants;
  const bool wide = program.step[value].wide;
  return {resultOf(tile, value), nullptr, wide ? program.width : 1, wide};
}

/// Adds a tile's rows to what the columns have summed up so far.
void addColumns(const Tile& tile, const Step& step, const Operand& a) {
  const long width = tile.program.width;
  float* sums = tile.outputs[step.output];
  for (long r = 0; r < tile.count; r++) {
    const float* row = a.row(r);
    long i = 0;
    for (; i + LANES <= width; i += LANES) store(sums + i, load(sums + i) + load(row + i));
    for (; i < width; i++) sums[i] += row[i];
  }
}

/// Writes a tile's rows of an operand as bfloat16.
void halveRows(const Tile& tile, const Step& step, const Operand& a) {
  const long stride = step.wide ? tile.program.width : 1;
  unsigned short* const out = halves(tile.outputs[step.output]) + tile.first * stride;
  if (!a.offsets && a.stride == stride) return halve(a.base, out, tile.count * stride);
  for (long r = 0; r < tile.count; r++) halve(a.row(r), out + r * stride, stride);
}

void rowByRow(const Tile& tile, const Step& step, const Operand& a, const Operand& b, float* out) {
  const long width = tile.program.width;
  const long stride = step.wide ? width : 1;
  for (long r = 0; r < tile.count; r++) {
    const float* x = a.row(r);
    float* y = out + r * stride;
    if (step.code == Code::SUM) *y = sumOf(x, width);
    else if (step.code == Code::SOFTMAX) softmax(x, y, width);
    else if (step.code == Code::ROTATE_HALF) rotateHalf(x, y, width, step.turned);
    else apply(step.code, x, a.inner, b.row(r), b.inner, y, stride);
  }
}

/// Whether an operand's rows lie one behind the other as the result's do, or one number serves them all.
bool runsThrough(const Operand& x, bool wide) { return !x.offsets && (x.stride == 0 || (x.inner != 0) == wide); }

void runStep(const Tile& tile, int number) {
  const Step& step = tile.program.step[number];
  const Operand a = operandOf(tile, step.a);
  if (step.code == Code::COLUMN_SUM) return addColumns(tile, step, a);
  if (step.code == Code::HALVE) return halveRows(tile, step, a);
  const Operand b = operandOf(tile, step.b);
  float* out = resultOf(tile, number);
  if (isRowWise(step.code) || !runsThrough(a, step.wide) || !runsThrough(b, step.wide))
    return rowByRow(tile, step, a, b, out);
  const long count = tile.count * (step.wide ? tile.program.width : 1);
  apply(step.code, a.base, a.stride != 0, b.base, b.stride != 0, out, count);
}

}  // namespace

void runRows(const Program& program, const float* const* inputs, float* const* outputs, long first, long last, char* scratch) {
  const Scratch memory = scratchAt(program, scratch);
  for (long at = first; at < last; at += program.tile) {
    const long count = last - at < program.tile ? last - at : program.tile;
    const Tile tile{program, inputs, outputs, memory, at, count};
    for (int i = 0; i < program.inputs; i++)
      if (!program.input[i].dense)
        rowOffsets(program, program.input[i], at, count, memory.offsets + i * program.tile);
    for (int i = program.inputs - program.halves; i < program.inputs; i++) widenInput(tile, i);
    for (int i = 0; i < program.steps; i++) runStep(tile, i);
  }
}

}  // namespace DORA_KIND
}  // namespace dora
