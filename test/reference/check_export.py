"""Loads what the studio exported with transformers and PEFT and compares logits; a script of serve.py.

The case names the base model, the exported merged folder and the exported adapter (either may be null) and a safetensors file
with input_ids (int32) [B, T] and the studio's logits [B, T, vocab].
Answers with the largest absolute differences, and the largest absolute logit.
"""
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer


def logits(model, ids):
    model.eval()
    with torch.no_grad():
        return model(input_ids=ids).logits.float()


def answer(case):
    tensors = load_file(case["logits"])
    ids, ours = tensors["input_ids"].long(), tensors["logits"]
    result = {"scale": ours.abs().max().item()}
    if case["merged"]:
        merged = AutoModelForCausalLM.from_pretrained(case["merged"], dtype=torch.float32)
        result["merged"] = (logits(merged, ids) - ours).abs().max().item()
        result["vocab"] = len(AutoTokenizer.from_pretrained(case["merged"]))
    if case["adapter"]:
        base = AutoModelForCausalLM.from_pretrained(case["base"], dtype=torch.float32)
        adapted = PeftModel.from_pretrained(base, case["adapter"])
        result["adapter"] = (logits(adapted, ids) - ours).abs().max().item()
        if case["merged"]:
            result["peftMerged"] = (logits(adapted.merge_and_unload(), ids) - ours).abs().max().item()
    return result
