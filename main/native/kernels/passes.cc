// The TensorFlow operation DoraPasses: a chain of element-wise passes in one node, which carries its program as a text.
#include "passes.h"

#include "glue.h"
#include "program.h"

namespace dora {
namespace {

/// Numbers that are worth a thread.
constexpr long GRAIN = 16384;
/// Pieces that rows are cut into at most where columns are summed up.
constexpr long MAX_PIECES = 32;

/// What is written as float32 must not have been promised as bfloat16, which takes half the memory.
void checkTypes(TF_OpKernelConstruction* context, const Compiled& made, const Status& status) {
  int64_t inputs = 0;
  int64_t outputs = 0;
  if (!failed(status)) TF_OpKernelConstruction_GetAttrInt64(context, "half_inputs", &inputs, status.get());
  if (!failed(status)) TF_OpKernelConstruction_GetAttrInt64(context, "half_outputs", &outputs, status.get());
  if (!failed(status) && (inputs != made.program.halves || outputs != made.halfOutputs))
    TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraPasses: the node has inputs or outputs of other types than its program");
}

void* create(TF_OpKernelConstruction* context) {
  Status status(TF_NewStatus());
  int32_t items = 0;
  int32_t size = 0;
  TF_OpKernelConstruction_GetAttrSize(context, "program", &items, &size, status.get());
  std::string text(failed(status) ? 0 : size, ' ');
  if (!failed(status)) TF_OpKernelConstruction_GetAttrString(context, "program", &text[0], text.size(), status.get());
  auto made = std::make_unique<Compiled>(compile(text));
  if (!failed(status) && !made->error.empty())
    TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, ("DoraPasses: " + made->error).c_str());
  checkTypes(context, *made, status);
  if (failed(status)) TF_OpKernelConstruction_Failure(context, status.get());
  made->program.input = made->inputs.data();
  made->program.inputs = static_cast<int>(made->inputs.size());
  made->program.constant = made->constants.data();
  made->program.constants = static_cast<int>(made->constants.size());
  made->program.step = made->steps.data();
  made->program.steps = static_cast<int>(made->steps.size());
  return made.release();
}

/// Numbers that an input must have at least: the place of its last one, plus one.
long reach(const Program& program, const Input& input) {
  long last = input.wide ? program.width : 1;
  for (int axis = 0; axis < program.rank; axis++) last += (program.dims[axis] - 1) * input.strides[axis];
  return last;
}

bool isOfProgram(const Compiled& made, TF_OpKernelContext* context, const Status& status) {
  const bool fits = TF_NumInputs(context) == static_cast<int>(made.inputs.size()) &&
                    TF_NumOutputs(context) == static_cast<int>(made.outputs.size());
  if (!fits) TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraPasses: the node has other inputs or outputs than its program");
  return fits;
}

bool takeInputs(const Compiled& made, TF_OpKernelContext* context, std::vector<Tensor>& tensors, const Status& status) {
  for (int i = 0; i < static_cast<int>(made.inputs.size()) && !failed(status); i++) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, i, &tensor, status.get());
    tensors.emplace_back(tensor);
    if (!failed(status) && TF_TensorElementCount(tensor) < reach(made.program, made.inputs[i]))
      TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, ("DoraPasses: input " + std::to_string(i) + " is too small").c_str());
  }
  return !failed(status);
}

/// Before inputs are taken: while a handle of ours holds an input, TensorFlow gives its memory to no output.
bool makeOutputs(const Compiled& made, TF_OpKernelContext* context, std::vector<Tensor>& tensors, const Status& status) {
  const Program& program = made.program;
  int64_t dims[MAX_RANK + 1];
  for (size_t i = 0; i < made.outputs.size() && !failed(status); i++) {
    const Step& step = made.steps[made.outputs[i]];
    dims[program.rank] = step.wide ? program.width : 1;
    for (int axis = 0; axis < program.rank; axis++) dims[axis] = step.code == Code::COLUMN_SUM ? 1 : program.dims[axis];
    const std::vector<int>& own = made.forwards[i];
    int forwarded = -1;
    tensors.emplace_back(TF_ForwardInputOrAllocateOutput(context, own.data(), static_cast<int>(own.size()),
                                                         static_cast<int>(i), dims, program.rank + 1, &forwarded,
                                                         status.get()));
  }
  return !failed(status);
}

/// Outputs that are sums of columns.
std::vector<size_t> columnOutputs(const Compiled& made) {
  std::vector<size_t> found;
  for (size_t i = 0; i < made.outputs.size(); i++)
    if (made.steps[made.outputs[i]].code == Code::COLUMN_SUM) found.push_back(i);
  return found;
}

/// Sums of columns, one set for each piece of the rows, so that they are added up in one order whoever computes which.
class Partials {
 public:
  Partials(std::vector<size_t> outputs, long pieces, long width)
      : outputs_(std::move(outputs)), pieces_(pieces), width_(width), sums_(outputs_.size() * pieces * width, 0.0f) {}

  std::vector<float*> place(float* const* outputs, size_t count, long piece) {
    std::vector<float*> placed(outputs, outputs + count);
    for (size_t k = 0; k < outputs_.size(); k++) placed[outputs_[k]] = at(k, piece);
    return placed;
  }
  void addUp(float* const* outputs) {
    for (size_t k = 0; k < outputs_.size(); k++) {
      float* sum = outputs[outputs_[k]];
      std::copy(at(k, 0), at(k, 0) + width_, sum);
      for (long piece = 1; piece < pieces_; piece++)
        for (long i = 0; i < width_; i++) sum[i] += at(k, piece)[i];
    }
  }

 private:
  float* at(size_t k, long piece) { return sums_.data() + (k * pieces_ + piece) * width_; }

  const std::vector<size_t> outputs_;
  const long pieces_;
  const long width_;
  std::vector<float> sums_;
};

/// False where a thread got no scratch memory; the outputs are then worthless.
bool computeRows(const Compiled& made, const float* const* inputs, float* const* outputs) {
  static RunRows* const run = forThisProcessor(DORA_KINDS(runRows));
  const Program& program = made.program;
  const long bytes = scratchBytes(program);
  const std::vector<size_t> columns = columnOutputs(made);
  const long fewest = columns.empty() ? 0 : program.rows / MAX_PIECES;
  const long grain = (std::max(GRAIN / program.width, fewest) / program.tile + 1) * program.tile;
  Partials partials(columns, columns.empty() ? 0 : (program.rows + grain - 1) / grain, program.width);
  std::atomic<bool> enough{true};
  workers().run(program.rows, grain, [&](long first, long last) {
    char* const scratch = scratchOf(bytes);
    if (!scratch) enough = false;
    for (long at = first; scratch && at < last; at += grain) {
      const std::vector<float*> placed = partials.place(outputs, made.outputs.size(), at / grain);
      run(program, inputs, placed.data(), at, std::min(at + grain, last), scratch);
    }
  });
  if (!columns.empty()) partials.addUp(outputs);
  return enough;
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const Compiled& made = *static_cast<Compiled*>(kernel);
  Status status(TF_NewStatus());
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  if (!isOfProgram(made, context, status) || !makeOutputs(made, context, outputs, status) ||
      !takeInputs(made, context, inputs, status)) {
    TF_OpKernelContext_Failure(context, status.get());
    return;
  }
  std::vector<const float*> from;
  std::vector<float*> to;
  for (const Tensor& tensor : inputs) from.push_back(static_cast<const float*>(TF_TensorData(tensor.get())));
  for (const Tensor& tensor : outputs) to.push_back(static_cast<float*>(TF_TensorData(tensor.get())));
  if (computeRows(made, from.data(), to.data())) return;
  setExhausted(status, "DoraPasses", scratchBytes(made.program));
  TF_OpKernelContext_Failure(context, status.get());
}

void destroy(void* kernel) { delete static_cast<Compiled*>(kernel); }

}  // namespace

void registerPasses(TF_Status* status) {
  registerOperation({"DoraPasses",
                     {"inputs: int >= 0", "outputs: int >= 0", "half_inputs: int >= 0 = 0", "half_outputs: int >= 0 = 0", "program: string"},
                     {"x: inputs * float", "h: half_inputs * bfloat16"},
                     {"y: outputs * float", "z: half_outputs * bfloat16"},
                     create,
                     compute,
                     destroy},
                    status);
}

long scratchBytes(const Program& program) {
  const auto rounded = [](long count) { return (count + 15) / 16 * 16; };
  return 4 * ((program.slots + program.halves) * rounded(program.tile * program.width) + program.steps * rounded(program.tile)) +
         static_cast<long>(sizeof(long)) * program.inputs * program.tile + 64;
}

}  // namespace dora
