"""Loads what the studio exported for a task with transformers and PEFT and compares logits.

Usage: check_task.py CASE_JSON. The case names the task, the base model, the merged folder (or null), the adapter folder, the
number of labels, and a safetensors file with input_ids, attention_mask (int32) [1, T] ([2, T] for embeddings) and the studio's logits.
Prints one JSON line: largest absolute differences, and the largest absolute logit.
"""
import json
import sys

import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import (AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification,
                          AutoModelForTokenClassification, BertModel, LlamaForSequenceClassification, RobertaModel)


def named(model):
    """PEFT 0.21.2 asks for an argument `past_key_values`, which transformers 5.24 calls `cache`."""
    forward = model.forward
    model.forward = lambda self, *args, past_key_values=None, **kwargs: forward(self, *args, cache=past_key_values, **kwargs)


for model in (BertModel, RobertaModel, LlamaForSequenceClassification):
    named(model)

case = json.load(open(sys.argv[1]))
tensors = load_file(case["logits"])
ids, mask, ours = tensors["input_ids"].long(), tensors["attention_mask"].long(), tensors["logits"]
real = int(mask.sum())
loader = {"SEQ_CLS": AutoModelForSequenceClassification, "TOKEN_CLS": AutoModelForTokenClassification,
          "CAUSAL_LM": AutoModelForCausalLM, "FEATURE_EXTRACTION": AutoModel}[case["task"]]


def difference(model):
    model.eval()
    if case["task"] == "FEATURE_EXTRACTION":
        with torch.no_grad():
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return (torch.nn.functional.normalize(mean, dim=1) - ours).abs().max().item()
    with torch.no_grad():
        logits = model(input_ids=ids[:, :real]).logits[0]
    rows = ours[:1] if case["task"] == "SEQ_CLS" else ours[:real]
    return (logits.reshape(rows.shape) - rows).abs().max().item()


labels = {} if case["labels"] == 0 else {"num_labels": case["labels"]}
result = {"scale": ours.abs().max().item()}
if case["merged"]:
    merged, info = loader.from_pretrained(case["merged"], dtype=torch.float32, output_loading_info=True)
    # Embeddings do not pass through a pooler, so a folder need not have one.
    missing = [key for key in info["missing_keys"] if not (case["task"] == "FEATURE_EXTRACTION" and "pooler" in key)]
    result |= {"missing": len(missing), "merged": difference(merged)}
base = loader.from_pretrained(case["base"], dtype=torch.float32, **labels)
adapted = PeftModel.from_pretrained(base, case["adapter"])
result["adapter"] = difference(adapted)
if case["merged"]:
    result["peftMerged"] = difference(adapted.merge_and_unload())
print(json.dumps(result))
