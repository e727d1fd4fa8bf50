#include "program.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <sstream>

namespace dora {
namespace {

struct Operation {
  const char* name;
  Code code;
  int operands;
};

const Operation OPERATIONS[] = {
    {"add", Code::ADD, 2},           {"sub", Code::SUB, 2},
    {"mul", Code::MUL, 2},           {"div", Code::DIV, 2},
    {"maximum", Code::MAXIMUM, 2},   {"sigmoidGrad", Code::SIGMOID_GRAD, 2},
    {"tanhGrad", Code::TANH_GRAD, 2}, {"neg", Code::NEG, 1},
    {"abs", Code::ABS, 1},           {"square", Code::SQUARE, 1},
    {"sqrt", Code::SQRT, 1},         {"rsqrt", Code::RSQRT, 1},
    {"exp", Code::EXP, 1},           {"sigmoid", Code::SIGMOID, 1},
    {"tanh", Code::TANH, 1},         {"sum", Code::SUM, 1},
    {"softmax", Code::SOFTMAX, 1},   {"rotateHalf", Code::ROTATE_HALF, 1},
    {"round", Code::ROUND, 1},       {"columnSum", Code::COLUMN_SUM, 1},
    {"halve", Code::HALVE, 1},
};

constexpr long MAX_SIZE = 1L << 40;
constexpr long MAX_COUNT = 1024;
/// Numbers of a row group: its few arrays together stay in the second-level cache.
constexpr long TILE = 2048;

class Reader {
 public:
  explicit Reader(const std::string& text) : in_(text) {}

  std::string word() {
    std::string value;
    if (!(in_ >> value) && error_.empty()) error_ = "the program ends too early";
    return value;
  }
  long number(long low, long high) {
    const std::string text = word();
    char* end = nullptr;
    const long value = std::strtol(text.c_str(), &end, 10);
    if (end == text.c_str() || *end || value < low || value > high) fail("a whole number", text);
    return error_.empty() ? value : low;
  }
  /// A float as the number of its bits, which no locale spells differently.
  float bits() {
    const int32_t whole = static_cast<int32_t>(number(INT32_MIN, INT32_MAX));
    float value;
    std::memcpy(&value, &whole, sizeof value);
    return value;
  }
  void fail(const char* wanted, const std::string& got) {
    if (error_.empty()) error_ = std::string("wanted ") + wanted + ", got '" + got + "'";
  }
  void end() {
    std::string rest;
    if (in_ >> rest) fail("the end of the program", rest);
  }
  const std::string& error() const { return error_; }

 private:
  std::istringstream in_;
  std::string error_;
};

void readSpace(Reader& in, Program& program) {
  program.rank = static_cast<int>(in.number(1, MAX_RANK));
  program.rows = 1;
  for (int axis = 0; axis < program.rank; axis++) {
    program.dims[axis] = in.number(1, MAX_SIZE);
    if (program.rows > MAX_SIZE / program.dims[axis]) in.fail("fewer rows", std::to_string(program.dims[axis]));
    else program.rows *= program.dims[axis];
  }
  program.width = in.number(1, 1L << 24);
  if (program.rows > MAX_SIZE / program.width) in.fail("fewer numbers", std::to_string(program.width));
  program.tile = std::max(1L, std::min(program.rows, TILE / program.width));
}

void readInputs(Reader& in, Program& program, std::vector<Input>& inputs) {
  inputs.resize(in.number(1, MAX_COUNT));
  for (Input& input : inputs) {
    const std::string kind = in.word();
    input.wide = kind == "wide" || kind == "wideHalf";
    input.half = kind == "wideHalf" || kind == "narrowHalf";
    if (!input.wide && !input.half && kind != "narrow") in.fail("wide or narrow", kind);
    if (program.halves > 0 && !input.half) in.fail("inputs of bfloat16 last", kind);
    program.halves += input.half;
    input.dense = true;
    for (int axis = 0; axis < program.rank; axis++) {
      input.strides[axis] = in.number(0, MAX_SIZE);
      // Checked one by one, so that their sum over all axes cannot overflow either.
      if (program.dims[axis] - 1 > MAX_SIZE / std::max(1L, input.strides[axis])) in.fail("a smaller stride", std::to_string(input.strides[axis]));
    }
    if (!in.error().empty()) return;
    long whole = input.wide ? program.width : 1;
    for (int axis = program.rank - 1; axis >= 0; axis--) {
      if (program.dims[axis] > 1 && input.strides[axis] != whole) input.dense = false;
      whole *= program.dims[axis];
    }
  }
}

const Operation* operationOf(const std::string& name) {
  for (const Operation& operation : OPERATIONS)
    if (name == operation.name) return &operation;
  return nullptr;
}

bool isWide(const Compiled& made, int value) {
  const int inputs = static_cast<int>(made.inputs.size());
  const int constants = static_cast<int>(made.constants.size());
  if (value < inputs) return made.inputs[value].wide;
  return value >= inputs + constants && made.steps[value - inputs - constants].wide;
}

bool onlyOutput(Code code) { return code == Code::COLUMN_SUM || code == Code::HALVE; }

/// Whether a value is one that no step may read.
bool isUnreadable(const Compiled& made, int value) {
  const int before = static_cast<int>(made.inputs.size() + made.constants.size());
  return value >= before && value < before + static_cast<int>(made.steps.size()) && onlyOutput(made.steps[value - before].code);
}

Step readStep(Reader& in, const Compiled& made) {
  const long values = static_cast<long>(made.inputs.size() + made.constants.size() + made.steps.size());
  const std::string name = in.word();
  const Operation* operation = operationOf(name);
  if (!operation) in.fail("an operation", name);
  Step step{operation ? operation->code : Code::ADD, 0, -1, false, -1, -1, 0};
  step.a = static_cast<int>(in.number(0, values - 1));
  if (step.code == Code::ROTATE_HALF) {
    step.turned = in.number(0, made.program.width);
    if (step.turned % 2 != 0) in.fail("an even count to turn", std::to_string(step.turned));
  }
  else step.b = static_cast<int>(in.number(operation && operation->operands == 2 ? 0 : -1, values - 1));
  step.output = static_cast<int>(in.number(-1, MAX_COUNT));
  const bool ofRows = step.code == Code::SUM || step.code == Code::SOFTMAX || step.code == Code::ROTATE_HALF ||
                      step.code == Code::COLUMN_SUM;
  if (onlyOutput(step.code) && step.output < 0) in.fail("an output for", name);
  if (!in.error().empty()) return step;
  if (ofRows && !isWide(made, step.a)) in.fail("a whole row for", name);
  step.wide = step.code != Code::SUM && (isWide(made, step.a) || (step.b >= 0 && isWide(made, step.b)));
  return step;
}

void readSteps(Reader& in, Compiled& made) {
  std::vector<int> halves;
  const long count = in.number(1, MAX_COUNT);
  for (long i = 0; i < count && in.error().empty(); i++) {
    const Step step = readStep(in, made);
    for (int operand : {step.a, step.b}) if (isUnreadable(made, operand)) in.fail("rows to read", "an output alone");
    std::vector<int>& outputs = step.code == Code::HALVE ? halves : made.outputs;
    if (step.output >= 0 && step.output != static_cast<int>(outputs.size())) in.fail("outputs in order", std::to_string(step.output));
    if (step.output >= 0) outputs.push_back(static_cast<int>(i));
    made.steps.push_back(step);
  }
  for (const int number : halves) made.steps[number].output += static_cast<int>(made.outputs.size());
  made.halfOutputs = static_cast<int>(halves.size());
  made.outputs.insert(made.outputs.end(), halves.begin(), halves.end());
  if (made.outputs.empty()) in.fail("an output", "none");
}

/// The last step that reads each value.
std::vector<int> lastReads(const Compiled& made) {
  std::vector<int> last(made.inputs.size() + made.constants.size() + made.steps.size(), -1);
  for (size_t i = 0; i < made.steps.size(); i++)
    for (int operand : {made.steps[i].a, made.steps[i].b})
      if (operand >= 0) last[operand] = static_cast<int>(i);
  return last;
}

/// Scratch rows are used again as soon as nothing reads what is in them.
void giveSlots(Compiled& made, const std::vector<int>& last) {
  const size_t before = made.inputs.size() + made.constants.size();
  std::vector<int> freeFrom;
  for (size_t i = 0; i < made.steps.size(); i++) {
    Step& step = made.steps[i];
    if (!step.wide || step.output >= 0) continue;
    const auto free = std::find_if(freeFrom.begin(), freeFrom.end(), [&](int at) { return at < static_cast<int>(i); });
    step.slot = static_cast<int>(free - freeFrom.begin());
    if (free == freeFrom.end()) freeFrom.push_back(0);
    freeFrom[step.slot] = std::max(last[before + i], static_cast<int>(i));
  }
  made.program.slots = static_cast<int>(freeFrom.size());
}

/// An output may take the memory of an input of its type that is as large and that no later step reads; each input serves one output.
/// Inputs of bfloat16 are widened before the first step.
void findForwards(Compiled& made, const std::vector<int>& last) {
  std::vector<bool> taken(made.inputs.size(), false);
  for (int number : made.outputs) {
    const Step& step = made.steps[number];
    std::vector<int> own;
    for (size_t i = 0; i < made.inputs.size() && step.wide && step.code != Code::COLUMN_SUM; i++) {
      const bool half = made.inputs[i].half;
      const bool over = half || last[i] < number || (last[i] == number && step.code != Code::ROTATE_HALF);
      if (taken[i] || half != (step.code == Code::HALVE) || !made.inputs[i].wide || !made.inputs[i].dense || !over) continue;
      taken[i] = true;
      own.push_back(static_cast<int>(i));
    }
    made.forwards.push_back(own);
  }
}

}  // namespace

Compiled compile(const std::string& text) {
  Compiled made;
  Reader in(text);
  readSpace(in, made.program);
  if (in.error().empty()) readInputs(in, made.program, made.inputs);
  if (in.error().empty()) made.constants.resize(in.number(0, MAX_COUNT));
  for (float& constant : made.constants) constant = in.bits();
  if (in.error().empty()) readSteps(in, made);
  if (in.error().empty()) in.end();
  made.error = in.error();
  if (!made.error.empty()) return made;
  const std::vector<int> last = lastReads(made);
  giveSlots(made, last);
  findForwards(made, last);
  return made;
}

std::string operationNames() {
  std::string names;
  for (const Operation& operation : OPERATIONS) names += (names.empty() ? "" : " ") + std::string(operation.name);
  return names;
}

}  // namespace dora
