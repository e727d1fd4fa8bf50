// The TensorFlow operations DoraCrossEntropy and DoraCrossEntropyGrad.
#include "likelihood.h"

#include "glue.h"

namespace dora {
namespace {

bool measured(const std::vector<Tensor>& tensors, Likelihood& at) {
  if (TF_NumDims(tensors[0].get()) != 2 || TF_Dim(tensors[0].get(), 1) < 1) return false;
  at.rows = TF_Dim(tensors[0].get(), 0);
  at.columns = TF_Dim(tensors[0].get(), 1);
  at.logits = numbers(tensors[0]);
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

void run(const Likelihood& at, RunLikelihood* rows) {
  workers().run(at.rows, std::max(1L, 65536 / at.columns), [&](long first, long last) { rows(at, first, last); });
}

void compute(void*, TF_OpKernelContext* context) {
  static RunLikelihood* const rows = forThisProcessor<RunLikelihood>(DORA_KINDS(losses));
  Status status(TF_NewStatus());
  std::vector<Tensor> tensors;
  Likelihood at{};
  if (!prepare(context, tensors, at, status)) return TF_OpKernelContext_Failure(context, status.get());
  const Tensor result = makeOutput(context, {at.rows}, status);
  if (failed(status)) return TF_OpKernelContext_Failure(context, status.get());
  at.result = numbers(result);
  run(at, rows);
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
  at.result = numbers(result);
  run(at, rows);
}

void registerOne(const char* name, bool gradient, void (*compute)(void*, TF_OpKernelContext*), TF_Status* status) {
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  TF_OpDefinitionBuilderAddInput(definition, "logits: float");
  TF_OpDefinitionBuilderAddInput(definition, "targets: int32");
  if (gradient) TF_OpDefinitionBuilderAddInput(definition, "dy: float");
  TF_OpDefinitionBuilderAddOutput(definition, "y: float");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_RegisterKernelBuilder(name, TF_NewKernelBuilder(name, "CPU", nullptr, compute, nullptr), status);
}

}  // namespace

void registerCrossEntropy(TF_Status* status) {
  registerOne("DoraCrossEntropy", false, compute, status);
  if (TF_GetCode(status) == TF_OK) registerOne("DoraCrossEntropyGrad", true, computeGradient, status);
}

}  // namespace dora
