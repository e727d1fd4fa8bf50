// The TensorFlow operations DoraCrossEntropy and DoraCrossEntropyGrad, and DoraHalfCrossEntropy and DoraHalfCrossEntropyGrad, whose
// logits and their gradient are bfloat16.
#include "likelihood.h"

#include "glue.h"

namespace dora {
namespace {

bool measured(const std::vector<Tensor>& tensors, Likelihood& at) {
  if (TF_NumDims(tensors[0].get()) != 2 || TF_Dim(tensors[0].get(), 1) < 1) return false;
  at.rows = TF_Dim(tensors[0].get(), 0);
  at.columns = TF_Dim(tensors[0].get(), 1);
  at.half = TF_TensorType(tensors[0].get()) == TF_BFLOAT16;
  at.logits = TF_TensorData(tensors[0].get());
  at.targets = static_cast<const int*>(TF_TensorData(tensors[1].get()));
  at.adjoints = tensors.size() > 2 ? numbers(tensors[2]) : nullptr;
  for (size_t i = 1; i < tensors.size(); i++)
    if (TF_TensorElementCount(tensors[i].get()) != at.rows) return false;
  return true;
}

bool prepare(TF_OpKernelContext* context, std::vector<Tensor>& tensors, Likelihood& at, const Status& status) {
  if (!takeInputs(context, tensors, status)) return false;
  if (!measured(tensors, at)) TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraCrossEntropy: logits and targets do not fit together");
  for (long r = 0; r < at.rows && !failed(status); r++)
    if (at.targets[r] < 0 || at.targets[r] >= at.columns)
      TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, ("DoraCrossEntropy: target " + std::to_string(at.targets[r]) + " of " + std::to_string(at.columns)).c_str());
  return !failed(status);
}

/// Where a thread gets no scratch memory, the node fails.
void run(const Likelihood& at, RunLikelihood* rows, TF_OpKernelContext* context, const Status& status) {
  const long bytes = at.half ? 4 * at.columns : 0;
  std::atomic<bool> enough{true};
  workers().run(at.rows, std::max(1L, 65536 / at.columns), [&](long first, long last) {
    char* const scratch = bytes == 0 ? nullptr : scratchOf(bytes);
    if (bytes > 0 && !scratch) enough = false;
    else rows(at, first, last, reinterpret_cast<float*>(scratch));
  });
  if (enough) return;
  setExhausted(status, "DoraCrossEntropy", bytes);
  TF_OpKernelContext_Failure(context, status.get());
}

void compute(void*, TF_OpKernelContext* context) {
  static RunLikelihood* const rows = forThisProcessor<RunLikelihood>(DORA_KINDS(losses));
  Status status(TF_NewStatus());
  std::vector<Tensor> tensors;
  Likelihood at{};
  if (!prepare(context, tensors, at, status)) return TF_OpKernelContext_Failure(context, status.get());
  const Tensor result = makeOutput(context, {at.rows}, status);
  if (failed(status)) return TF_OpKernelContext_Failure(context, status.get());
  at.result = TF_TensorData(result.get());
  run(at, rows, context, status);
}

void computeGradient(void*, TF_OpKernelContext* context) {
  static RunLikelihood* const rows = forThisProcessor<RunLikelihood>(DORA_KINDS(lossSlopes));
  Status status(TF_NewStatus());
  std::vector<Tensor> tensors;
  Likelihood at{};
  if (!prepare(context, tensors, at, status)) return TF_OpKernelContext_Failure(context, status.get());
  // A handle on the logits would keep the gradient from taking their place.
  tensors.clear();
  const int logits = 0;
  int forwarded = -1;
  const int64_t dims[] = {at.rows, at.columns};
  const Tensor result(TF_ForwardInputOrAllocateOutput(context, &logits, 1, 0, dims, 2, &forwarded, status.get()));
  if (failed(status) || !prepare(context, tensors, at, status)) return TF_OpKernelContext_Failure(context, status.get());
  at.result = TF_TensorData(result.get());
  run(at, rows, context, status);
}

}  // namespace

void registerCrossEntropy(TF_Status* status) {
  const struct { const char *loss, *gradient, *logits, *slopes; } types[] = {
      {"DoraCrossEntropy", "DoraCrossEntropyGrad", "logits: float", "y: float"},
      {"DoraHalfCrossEntropy", "DoraHalfCrossEntropyGrad", "logits: bfloat16", "y: bfloat16"},
  };
  for (const auto& type : types) {
    if (TF_GetCode(status) != TF_OK) return;
    registerOperation({type.loss, {}, {type.logits, "targets: int32"}, {"y: float"}, nullptr, compute, nullptr}, status);
    if (TF_GetCode(status) != TF_OK) return;
    const std::vector<const char*> inputs{type.logits, "targets: int32", "dy: float"};
    registerOperation({type.gradient, {}, inputs, {type.slopes}, nullptr, computeGradient, nullptr}, status);
  }
}

}  // namespace dora
