#include "glue.h"

#include <cstdlib>

namespace dora {

/// More wait for memory than work.
constexpr int MAX_HELPERS = 63;

Workers& workers() {
  static Workers& shared = *new Workers(
      std::max(0, std::min(MAX_HELPERS, static_cast<int>(std::thread::hardware_concurrency()) - 1)));
  return shared;
}

bool takeInputs(TF_OpKernelContext* context, std::vector<Tensor>& tensors, const Status& status) {
  for (int i = 0; i < TF_NumInputs(context) && !failed(status); i++) {
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, i, &tensor, status.get());
    tensors.emplace_back(tensor);
  }
  return !failed(status);
}

Tensor makeOutput(TF_OpKernelContext* context, const std::vector<int64_t>& dims, const Status& status) {
  int forwarded = -1;
  return Tensor(TF_ForwardInputOrAllocateOutput(context, nullptr, 0, 0, dims.data(), static_cast<int>(dims.size()), &forwarded,
                                                status.get()));
}

const std::string& wantedKind() {
  static const std::string& wanted = *new std::string([] {
    const char* text = std::getenv("DORA_STUDIO_KERNEL_KIND");
    return text ? text : "";
  }());
  return wanted;
}

void setExhausted(const Status& status, const char* operation, long bytes) {
  const std::string text = std::string(operation) + ": OOM when allocating " + std::to_string(bytes) + " bytes of scratch memory";
  TF_SetStatus(status.get(), TF_RESOURCE_EXHAUSTED, text.c_str());
}

void registerOperation(const Operation& operation, TF_Status* status) {
  const char* const name = operation.name;
  TF_OpDefinitionBuilder* definition = TF_NewOpDefinitionBuilder(name);
  for (const char* attr : operation.attrs) TF_OpDefinitionBuilderAddAttr(definition, attr);
  for (const char* input : operation.inputs) TF_OpDefinitionBuilderAddInput(definition, input);
  for (const char* output : operation.outputs) TF_OpDefinitionBuilderAddOutput(definition, output);
  TF_OpDefinitionBuilderSetShapeInferenceFunction(definition, TF_ShapeInferenceContextSetUnknownShape);
  TF_RegisterOpDefinition(definition, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_RegisterKernelBuilder(
      name, TF_NewKernelBuilder(name, "CPU", operation.create, operation.compute, operation.destroy), status);
}

char* scratchOf(long bytes) {
  struct Memory {
    char* data = nullptr;
    long bytes = 0;
    ~Memory() { std::free(data); }
  };
  thread_local Memory memory;
  if (memory.bytes < bytes) {
    std::free(memory.data);
    const long whole = (bytes + 63) / 64 * 64;
    memory.data = static_cast<char*>(std::aligned_alloc(64, whole));
    memory.bytes = memory.data ? whole : 0;
  }
  return memory.data;
}

}  // namespace dora
