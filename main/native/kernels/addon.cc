// The addon that Node loads: registers the studio's operations with TensorFlow through its C interface, and tells what a
// chain of passes may have and for which kind of processor the kernels compute.
#include "glue.h"
#include "node_api.h"
#include "program.h"

namespace {

/// The kind of processor whose instructions are used.
const char* kindOfProcessor() {
#ifdef DORA_X64
  static const char base[] = "base", avx2[] = "avx2", avx512[] = "avx512";
  return dora::forThisProcessor<const char>(base, avx2, avx512);
#else
  return "base";
#endif
}

void setText(napi_env env, napi_value exports, const char* name, const std::string& text) {
  napi_value value;
  napi_create_string_utf8(env, text.c_str(), text.size(), &value);
  napi_set_named_property(env, exports, name, value);
}

}  // namespace

NAPI_MODULE_INIT() {
  static const std::string error = [] {
    dora::Status status(TF_NewStatus());
    dora::registerPasses(status.get());
    if (!dora::failed(status)) dora::registerAttention(status.get());
    if (!dora::failed(status)) dora::registerCrossEntropy(status.get());
    if (!dora::failed(status)) dora::registerLowRank(status.get());
    return dora::failed(status) ? std::string(TF_Message(status.get())) : std::string();
  }();
  if (!error.empty()) {
    napi_throw_error(env, nullptr, error.c_str());
    return exports;
  }
  setText(env, exports, "passes", dora::operationNames());
  setText(env, exports, "kind", kindOfProcessor());
  return exports;
}
