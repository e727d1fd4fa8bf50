"""Holds a merged model that the studio wrote in a short dtype against torch and transformers; a script of
serve.py.

The case names the float32 folder, the folder in `dtype`, and a safetensors file with
input_ids (int32) [B, T] and the studio's logits [B, T, vocab] of the latter, computed in float32.
Answers with the number of tensors, how many of them are not torch's rounding of the float32 ones bit for bit, in the file and as
transformers loads them; whether transformers takes the dtype by itself; and the largest difference of the logits.
"""
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM


def bits(tensor):
    return tensor.contiguous().view(torch.int16)


def unlike(candidate, whole, dtype):
    return sum(not torch.equal(bits(candidate[name]), bits(value.to(dtype))) for name, value in whole.items())


def answer(case):
    dtype = getattr(torch, case["dtype"])
    tensors = load_file(case["logits"])
    ids, ours = tensors["input_ids"].long(), tensors["logits"]
    whole = load_file(case["float32"] + "/model.safetensors")
    short = load_file(case["rounded"] + "/model.safetensors")
    loaded = AutoModelForCausalLM.from_pretrained(case["rounded"], dtype="auto")
    exact = AutoModelForCausalLM.from_pretrained(case["rounded"], dtype=torch.float32).eval()
    with torch.no_grad():
        logits = exact(input_ids=ids).logits
    return {
        "tensors": len(whole),
        "unlike": unlike(short, whole, dtype),
        "loadedUnlike": unlike(loaded.state_dict(), whole, dtype),
        "takesDtype": int(loaded.dtype == dtype),
        "difference": (logits - ours).abs().max().item(),
        "scale": ours.abs().max().item(),
    }
