// A chain of element-wise passes over arrays, carried out row by row while the rows are in the processor's cache.
#pragma once

namespace dora {

constexpr int MAX_RANK = 8;

/// What a step computes; `OPERATIONS` in program.cc has their names in a program's text.
enum class Code {
  ADD, SUB, MUL, DIV, MAXIMUM, SIGMOID_GRAD, TANH_GRAD,
  NEG, ABS, SQUARE, SQRT, RSQRT, EXP, SIGMOID, TANH,
  SUM, SOFTMAX, ROTATE_HALF, ROUND, COLUMN_SUM, HALVE,
};

/// An array that is read, of float32 or, behind all of those, of bfloat16: all of a row or one number of it, and how far the next row lies along each leading axis.
struct Input {
  bool wide;
  bool dense;
  bool half;
  long strides[MAX_RANK];
};

/// One step. Operands are numbered: inputs, then constants, then steps. A wide result has `width` numbers a row, a narrow one.
/// COLUMN_SUM is an output only: one row for all. HALVE is one, too: its operand in bfloat16. Outputs are those of float32, then
/// those of bfloat16.
struct Step {
  Code code;
  int a;
  int b;
  bool wide;
  /// Place among the wide scratch rows of a tile; -1 where the result goes to an output or is narrow.
  int slot;
  /// Number of the output that the result is, -1 if it is none.
  int output;
  /// ROTATE_HALF: how many numbers of a row are turned.
  long turned;
};

/// Plain pointers, so that the code compiled for one kind of processor shares no inline function with that for another.
struct Program {
  int rank;
  long dims[MAX_RANK];
  long rows;
  long width;
  int inputs;
  /// The inputs of bfloat16 among them, which are the last.
  int halves;
  const Input* input;
  int constants;
  const float* constant;
  int steps;
  const Step* step;
  int slots;
  /// Rows that are worked on together.
  long tile;
};

/// Bytes of scratch memory that a thread needs.
long scratchBytes(const Program& program);

/// Rows `first` to `last` (exclusive) of all outputs, whose pointers and those of inputs lead to what they are of; sums of columns are added to what is there. `scratch` lies on a boundary of 64 bytes.
using RunRows = void(const Program&, const float* const* inputs, float* const* outputs, long first, long last, char* scratch);

namespace base { RunRows runRows; }
#ifdef DORA_X64
namespace avx2 { RunRows runRows; }
namespace avx512 { RunRows runRows; }
#endif

}  // namespace dora
