// The addon that Node loads: registers the studio's operations with TensorFlow through its C interface, and tells what a
// chain of passes may have.
#include "glue.h"
#include "node_api.h"
#include "program.h"

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
  const std::string names = dora::operationNames();
  napi_value text;
  napi_create_string_utf8(env, names.c_str(), names.size(), &text);
  napi_set_named_property(env, exports, "passes", text);
  return exports;
}
