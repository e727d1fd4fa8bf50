// The TensorFlow operation DoraLowRankSum: weight + b a, or gain weight + b a.
#include "low_rank.h"

#include "glue.h"

namespace dora {
namespace {

/// Rows that are worth a thread.
constexpr long GRAIN = 48;

/// Sizes out of the shapes of weight, b, a and perhaps gain; false where they do not fit together.
bool measured(const std::vector<Tensor>& tensors, LowRank& at) {
  for (int i = 0; i < 3; i++) if (TF_NumDims(tensors[i].get()) != 2) return false;
  const auto dim = [&](int i, int axis) { return static_cast<long>(TF_Dim(tensors[i].get(), axis)); };
  at.rows = dim(0, 0);
  at.columns = dim(0, 1);
  at.rank = dim(1, 1);
  at.weight = numbers(tensors[0]);
  at.b = numbers(tensors[1]);
  at.a = numbers(tensors[2]);
  at.gain = tensors.size() > 3 ? numbers(tensors[3]) : nullptr;
  const bool gained = !at.gain || TF_TensorElementCount(tensors[3].get()) == at.rows;
  return dim(1, 0) == at.rows && dim(2, 0) == at.rank && dim(2, 1) == at.columns && at.columns % 16 == 0 && gained;
}

void compute(void*, TF_OpKernelContext* context) {
  static RunLowRank* const run = forThisProcessor<RunLowRank>(DORA_KINDS(addLowRank));
  Status status(TF_NewStatus());
  std::vector<Tensor> tensors;
  LowRank at{};
  if (!takeInputs(context, tensors, status)) return TF_OpKernelContext_Failure(context, status.get());
  if (!measured(tensors, at)) {
    TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraLowRankSum: the shapes of weight, factors and gain do not fit together");
    return TF_OpKernelContext_Failure(context, status.get());
  }
  const Tensor result = makeOutput(context, {at.rows, at.columns}, status);
  if (failed(status)) return TF_OpKernelContext_Failure(context, status.get());
  at.result = numbers(result);
  workers().run(at.rows, GRAIN, [&](long first, long last) { run(at, first, last); });
}

}  // namespace

void registerLowRank(TF_Status* status) {
  registerOperation(
      {"DoraLowRankSum", {"inputs: int >= 3"}, {"x: inputs * float"}, {"output: float"}, nullptr, compute, nullptr}, status);
}

}  // namespace dora
