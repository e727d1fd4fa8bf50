// What the operations share: TensorFlow's handles with owners, threads, scratch memory, and the choice among what was
// compiled for several kinds of processors.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "kernel_api.h"
#include "tensorflow/c/ops.h"
#include "workers.h"

namespace dora {

struct StatusDeleter { void operator()(TF_Status* status) const { TF_DeleteStatus(status); } };
struct TensorDeleter { void operator()(TF_Tensor* tensor) const { TF_DeleteTensor(tensor); } };
using Status = std::unique_ptr<TF_Status, StatusDeleter>;
using Tensor = std::unique_ptr<TF_Tensor, TensorDeleter>;

/// The failure of an operation whose thread got no scratch memory.
void setExhausted(const Status& status, const char* operation, long bytes);

inline bool failed(const Status& status) { return TF_GetCode(status.get()) != TF_OK; }
inline float* numbers(const Tensor& tensor) { return static_cast<float*>(TF_TensorData(tensor.get())); }

/// All inputs of a node; false where one cannot be had.
bool takeInputs(TF_OpKernelContext* context, std::vector<Tensor>& tensors, const Status& status);
/// Memory for the only output of a node.
Tensor makeOutput(TF_OpKernelContext* context, const std::vector<int64_t>& dims, const Status& status);

Workers& workers();

/// Scratch memory of this thread on a boundary of 64 bytes, kept for the next call; null where there is none to be had.
char* scratchOf(long bytes);

/// DORA_STUDIO_KERNEL_KIND as it was when first asked: tests hold the kinds that this processor could run against each other.
const std::string& wantedKind();

#ifdef DORA_X64
#define DORA_KINDS(name) base::name, avx2::name, avx512::name
template <class F> F* forThisProcessor(F* base, F* avx2, F* avx512) {
  const std::string& wanted = wantedKind();
  const bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
  if (wide && wanted != "base" && wanted != "avx2") return avx512;
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && wanted != "base" ? avx2 : base;
}
#else
#define DORA_KINDS(name) base::name
template <class F> F* forThisProcessor(F* base) { return base; }
#endif

/// An operation as TensorFlow is told of it, on processors; `create` and `destroy` are null where a node carries nothing.
struct Operation {
  const char* name;
  std::vector<const char*> attrs;
  std::vector<const char*> inputs;
  std::vector<const char*> outputs;
  void* (*create)(TF_OpKernelConstruction*);
  void (*compute)(void*, TF_OpKernelContext*);
  void (*destroy)(void*);
};
void registerOperation(const Operation& operation, TF_Status* status);

/// Each adds its operations to TensorFlow's.
void registerPasses(TF_Status* status);
void registerAttention(TF_Status* status);
void registerCrossEntropy(TF_Status* status);
void registerLowRank(TF_Status* status);

}  // namespace dora
