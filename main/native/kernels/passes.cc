// The TensorFlow operation DoraPasses: a chain of element-wise passes in one node, which carries its program as a text.
#include "passes.h"

#include "glue.h"
#include "program.h"

namespace dora {
namespace {

/// Numbers that are worth a thread.
constexpr long GRAIN = 16384;

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

bool takeInputs(const Compiled& made, TF_OpKernelContext* context, std::vector<Tensor>& tensors, const Status& status) {
  const int wanted = static_cast<int>(made.inputs.size());
  if (TF_NumInputs(context) != wanted || TF_NumOutputs(context) != static_cast<int>(made.outputs.size()))
    TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraPasses: the node has other inputs or outputs than its program");
  for (int i = 0; i < wanted && !failed(status); i++) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, i, &tensor, status.get());
    tensors.emplace_back(tensor);
    if (!failed(status) && TF_TensorElementCount(tensor) < reach(made.program, made.inputs[i]))
      TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, ("DoraPasses: input " + std::to_string(i) + " is too small").c_str());
  }
  return !failed(status);
}

bool makeOutputs(const Compiled& made, TF_OpKernelContext* context, std::vector<Tensor>& tensors, const Status& status) {
  const Program& program = made.program;
  int64_t dims[MAX_RANK + 1];
  for (int axis = 0; axis < program.rank; axis++) dims[axis] = program.dims[axis];
  for (size_t i = 0; i < made.outputs.size() && !failed(status); i++) {
    dims[program.rank] = made.steps[made.outputs[i]].wide ? program.width : 1;
    const std::vector<int>& own = made.forwards[i];
    int forwarded = -1;
    tensors.emplace_back(TF_ForwardInputOrAllocateOutput(context, own.data(), static_cast<int>(own.size()),
                                                         static_cast<int>(i), dims, program.rank + 1, &forwarded,
                                                         status.get()));
  }
  return !failed(status);
}

void computeRows(const Compiled& made, const float* const* inputs, float* const* outputs) {
  static RunRows* const run = forThisProcessor(DORA_KINDS(runRows));
  const Program& program = made.program;
  const long bytes = scratchBytes(program);
  const long grain = std::max(program.tile, GRAIN / program.width / program.tile * program.tile);
  workers().run(program.rows, grain, [&](long first, long last) {
    run(program, inputs, outputs, first, last, scratchOf(bytes));
  });
}

void compute(void* kernel, TF_OpKernelContext* context) {
  const Compiled& made = *static_cast<Compiled*>(kernel);
  Status status(TF_NewStatus());
  std::vector<Tensor> inputs;
  std::vector<Tensor> outputs;
  if (!takeInputs(made, context, inputs, status) || !makeOutputs(made, context, outputs, status)) {
    TF_OpKernelContext_Failure(context, status.get());
    return;
  }
  std::vector<const float*> from;
  std::vector<float*> to;
  for (const Tensor& tensor : inputs) from.push_back(static_cast<const float*>(TF_TensorData(tensor.get())));
  for (const Tensor& tensor : outputs) to.push_back(static_cast<float*>(TF_TensorData(tensor.get())));
  computeRows(made, from.data(), to.data());
}

void destroy(void* kernel) { delete static_cast<Compiled*>(kernel); }

}  // namespace

void registerPasses(TF_Status* status) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder("DoraPasses");
  for (const char* attr : {"inputs: int >= 1", "outputs: int >= 1", "program: string"})
    TF_OpDefinitionBuilderAddAttr(definition, attr);
  TF_OpDefinitionBuilderAddInput(definition, "x: inputs * float");
  TF_OpDefinitionBuilderAddOutput(definition, "y: outputs * float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_RegisterKernelBuilder("DoraPasses", TF_NewKernelBuilder("DoraPasses", "CPU", create, compute, destroy), status);
}

long scratchBytes(const Program& program) {
  const auto rounded = [](long count) { return (count + 15) / 16 * 16; };
  return 4 * (program.slots * rounded(program.tile * program.width) + program.steps * rounded(program.tile)) +
         static_cast<long>(sizeof(long)) * program.inputs * program.tile + 64;
}

}  // namespace dora
