"""Loads what the studio exported with transformers and PEFT and compares logits.

Usage: check_export.py CASE_JSON. The case names the base model, the exported merged folder and the exported adapter (either
may be null) and a safetensors file with input_ids (int32) [B, T] and the studio's logits [B, T, vocab].
Prints one JSON line: largest absolute differences, and the largest absolute logit.
"""
import json
import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoTokenizer

case = json.load(open(sys.argv[1]))
tensors = load_file(case["logits"])
ids, ours = tensors["input_ids"].long(), tensors["logits"]


def logits(model):
    model.eval()
    with torch.no_grad():
        return model(input_ids=ids).logits.float()


result = {"scale": ours.abs().max().item()}
if case["merged"]:
    merged = AutoModelForCausalLM.from_pretrained(case["merged"], dtype=torch.float32)
    result["merged"] = (logits(merged) - ours).abs().max().item()
    result["vocab"] = len(AutoTokenizer.from_pretrained(case["merged"]))
if case["adapter"]:
    base = AutoModelForCausalLM.from_pretrained(case["base"], dtype=torch.float32)
    adapted = PeftModel.from_pretrained(base, case["adapter"])
    result["adapter"] = (logits(adapted) - ours).abs().max().item()
    if case["merged"]:
        result["peftMerged"] = (logits(adapted.merge_and_unload()) - ours).abs().max().item()
print(json.dumps(result))
