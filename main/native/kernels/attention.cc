// The TensorFlow operations DoraAttention and DoraAttentionGrad.
#include "attention.h"

#include <new>

#include "glue.h"

namespace dora {
namespace {

struct Heads {
  int64_t heads = 0;
  int64_t groups = 0;
};

void* create(TF_OpKernelConstruction* context) {
  Status status(TF_NewStatus());
  auto made = std::make_unique<Heads>();
  TF_OpKernelConstruction_GetAttrInt64(context, "heads", &made->heads, status.get());
  if (!failed(status)) TF_OpKernelConstruction_GetAttrInt64(context, "groups", &made->groups, status.get());
  if (!failed(status) && (made->groups < 1 || made->heads < 1 || made->heads % made->groups != 0))
    TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraAttention: heads must be a multiple of groups");
  if (failed(status)) TF_OpKernelConstruction_Failure(context, status.get());
  return made.release();
}

void destroy(void* kernel) { delete static_cast<Heads*>(kernel); }

/// Sizes out of the inputs' shapes: q [batch, length, heads, size], keys and values [batch, keys, groups, size], bias of three axes.
bool measured(const Heads& heads, const std::vector<Tensor>& tensors, Attention& at) {
  const auto rank = [&](int i) { return TF_NumDims(tensors[i].get()); };
  const auto dim = [&](int i, int axis) { return static_cast<long>(TF_Dim(tensors[i].get(), axis)); };
  if (rank(0) != 4 || rank(1) != 4 || rank(2) != 4 || rank(3) != 3) return false;
  at.batch = dim(0, 0);
  at.length = dim(0, 1);
  at.heads = heads.heads;
  at.groups = heads.groups;
  at.size = dim(0, 3);
  at.keys = dim(1, 1);
  at.biasOfSample = dim(3, 0) > 1 ? dim(3, 1) * at.keys : 0;
  at.biasOfQuery = dim(3, 1) > 1 ? at.keys : 0;
  const bool alike = dim(0, 2) == at.heads && dim(1, 0) == at.batch && dim(1, 2) == at.groups && dim(1, 3) == at.size &&
                     TF_TensorElementCount(tensors[2].get()) == TF_TensorElementCount(tensors[1].get());
  const bool biased = (dim(3, 0) == 1 || dim(3, 0) == at.batch) && (dim(3, 1) == 1 || dim(3, 1) == at.length) && dim(3, 2) == at.keys;
  const bool answered = tensors.size() < 5 || TF_TensorElementCount(tensors[4].get()) == at.batch * at.length * at.heads * at.size;
  return alike && biased && answered && at.size % 16 == 0 && at.keys > 0;
}

bool prepare(void* kernel, TF_OpKernelContext* context, std::vector<Tensor>& tensors, Attention& at, const Status& status) {
  if (!takeInputs(context, tensors, status)) return false;
  if (!measured(*static_cast<Heads*>(kernel), tensors, at)) {
    TF_SetStatus(status.get(), TF_INVALID_ARGUMENT, "DoraAttention: the shapes of q, k, v, bias and adjoint do not fit together");
    return false;
  }
  at.q = numbers(tensors[0]);
  at.k = numbers(tensors[1]);
  at.v = numbers(tensors[2]);
  at.bias = numbers(tensors[3]);
  return true;
}

/// Into how many pieces the queries of a group are shared out: one where groups are enough to keep the threads busy.
long piecesOf(const Attention& at) {
  const long groups = at.batch * at.groups;
  const long wanted = (2 * workers().threads() + groups - 1) / groups;
  const long tiles = (at.length + QUERY_TILE - 1) / QUERY_TILE;
  return groups >= 2 * workers().threads() ? 1 : std::max(1L, std::min(wanted, tiles / 2));
}

/// A piece of a group's queries; `sums` has room for what each piece adds to keys and values, or is null.
Share shareOf(const Attention& at, long task, long pieces, float* sums) {
  const long tiles = (at.length + QUERY_TILE - 1) / QUERY_TILE;
  const long piece = task % pieces;
  const auto edge = [&](long i) { return std::min(at.length, i * tiles / pieces * QUERY_TILE); };
  const long size = at.keys * at.size;
  float* const own = sums ? sums + 2 * task * size : nullptr;
  return {task / pieces, edge(piece), edge(piece + 1), own, own ? own + size : nullptr};
}

/// Adds up, piece after piece, what the queries of each group add to its keys and values.
void addPieces(const Attention& at, long pieces, const float* sums) {
  const long size = at.keys * at.size;
  workers().run(at.batch * at.groups, 1, [&](long first, long last) {
    for (long number = first; number < last; number++) {
      for (long i = 0; i < 2 * size; i++) {
        float sum = 0.0f;
        for (long piece = 0; piece < pieces; piece++) sum += sums[2 * (number * pieces + piece) * size + i];
        const long key = i % size / at.size;
        const long place = ((number / at.groups * at.keys + key) * at.groups + number % at.groups) * at.size + i % at.size;
        (i < size ? at.dk : at.dv)[place] = sum;
      }
    }
  });
}

/// False where a thread got no scratch memory; the output is then worthless.
bool runGroups(const Attention& at, bool backward) {
  static RunGroup* const forth = forThisProcessor<RunGroup>(DORA_KINDS(attend));
  static RunGroup* const back = forThisProcessor<RunGroup>(DORA_KINDS(attendBackward));
  const long bytes = attentionScratch(at, backward);
  const long pieces = piecesOf(at);
  const long tasks = at.batch * at.groups * pieces;
  const bool shared = backward && pieces > 1;
  const std::unique_ptr<float[]> sums(shared ? new (std::nothrow) float[2 * tasks * at.keys * at.size] : nullptr);
  if (shared && !sums) return false;
  std::atomic<bool> enough{true};
  workers().run(tasks, 1, [&](long first, long last) {
    char* const scratch = scratchOf(bytes);
    if (!scratch) enough = false;
    for (long task = first; task < last && scratch; task++)
      (backward ? back : forth)(at, shareOf(at, task, pieces, sums.get()), scratch);
  });
  if (shared && enough) addPieces(at, pieces, sums.get());
  return enough;
}

void runOrFail(const Attention& at, bool backward, TF_OpKernelContext* context, const Status& status) {
  if (runGroups(at, backward)) return;
  setExhausted(status, backward ? "DoraAttentionGrad" : "DoraAttention", attentionScratch(at, backward));
  TF_OpKernelContext_Failure(context, status.get());
}

void compute(void* kernel, TF_OpKernelContext* context) {
  Status status(TF_NewStatus());
  std::vector<Tensor> tensors;
  Attention at{};
  if (!prepare(kernel, context, tensors, at, status)) return TF_OpKernelContext_Failure(context, status.get());
  const Tensor y = makeOutput(context, {at.batch * at.length, at.heads * at.size}, status);
  if (failed(status)) return TF_OpKernelContext_Failure(context, status.get());
  at.y = numbers(y);
  runOrFail(at, false, context, status);
}

void computeGradient(void* kernel, TF_OpKernelContext* context) {
  Status status(TF_NewStatus());
  std::vector<Tensor> tensors;
  Attention at{};
  if (!prepare(kernel, context, tensors, at, status)) return TF_OpKernelContext_Failure(context, status.get());
  const long queries = at.batch * at.length * at.heads * at.size;
  const long keys = at.batch * at.keys * at.groups * at.size;
  const Tensor slopes = makeOutput(context, {queries + 2 * keys}, status);
  if (failed(status)) return TF_OpKernelContext_Failure(context, status.get());
  at.dy = numbers(tensors[4]);
  at.dq = numbers(slopes);
  at.dk = at.dq + queries;
  at.dv = at.dk + keys;
  runOrFail(at, true, context, status);
}

}  // namespace

void registerAttention(TF_Status* status) {
  const std::vector<const char*> attrs{"heads: int >= 1", "groups: int >= 1"};
  std::vector<const char*> inputs{"q: float", "k: float", "v: float", "bias: float"};
  registerOperation({"DoraAttention", attrs, inputs, {"y: float"}, create, compute, destroy}, status);
  if (TF_GetCode(status) != TF_OK) return;
  inputs.push_back("dy: float");
  registerOperation({"DoraAttentionGrad", attrs, inputs, {"y: float"}, create, computeGradient, destroy}, status);
}

long attentionScratch(const Attention& at, bool backward) {
  const long width = (at.keys + PANEL - 1) / PANEL * PANEL;
  return 4 * ((backward ? 5 : 2) * width * at.size + (backward ? 2 : 1) * QUERY_TILE * width) + 64;
}

}  // namespace dora
