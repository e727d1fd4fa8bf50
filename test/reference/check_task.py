"""Loads what the studio exported for a task with transformers and PEFT and compares logits; a script of serve.py.

The case names the task, the base model, the merged folder (or null), the adapter folder, the number of labels, and a
safetensors file with input_ids, attention_mask (int32) [1, T] ([2, T] for embeddings) and the studio's logits.
Answers with the largest absolute differences, and the largest absolute logit.
"""
import torch
from peft import PeftModel
from safetensors.torch import load_file
from transformers import (AutoModel, AutoModelForCausalLM, AutoModelForSequenceClassification,
                          AutoModelForTokenClassification, BertModel, LlamaForSequenceClassification, RobertaModel)


def named(model):
    """PEFT 0.21.2 asks for an argument `past_key_values`, which transformers 5.24 calls `cache`."""
    forward = model.forward
    model.forward = lambda self, *args, past_key_values=None, **kwargs: forward(self, *args, cache=past_key_values, **kwargs)


LOADERS = {"SEQ_CLS": AutoModelForSequenceClassification, "TOKEN_CLS": AutoModelForTokenClassification,
           "CAUSAL_LM": AutoModelForCausalLM, "FEATURE_EXTRACTION": AutoModel}


def outputs(model, task, ids, mask):
    """Embeddings of all rows, or the logits at the real tokens of the first."""
    model.eval()
    if task == "FEATURE_EXTRACTION":
        with torch.no_grad():
            hidden = model(input_ids=ids, attention_mask=mask).last_hidden_state
        weights = mask.unsqueeze(-1).float()
        mean = (hidden * weights).sum(1) / weights.sum(1)
        return torch.nn.functional.normalize(mean, dim=1)
    with torch.no_grad():
        return model(input_ids=ids[:, :int(mask.sum())]).logits[0]


def answer(case):
    for model in (BertModel, RobertaModel, LlamaForSequenceClassification):
        named(model)
    task = case["task"]
    tensors = load_file(case["logits"])
    ids, mask, ours = tensors["input_ids"].long(), tensors["attention_mask"].long(), tensors["logits"]
    rows = {"FEATURE_EXTRACTION": ours, "SEQ_CLS": ours[:1]}.get(task, ours[:int(mask.sum())])

    def difference(model):
        return (outputs(model, task, ids, mask).reshape(rows.shape) - rows).abs().max().item()

    result = {"scale": ours.abs().max().item()}
    if case["merged"]:
        merged, info = LOADERS[task].from_pretrained(case["merged"], dtype=torch.float32, output_loading_info=True)
        # Embeddings do not pass through a pooler, so a folder need not have one.
        missing = [key for key in info["missing_keys"] if not (task == "FEATURE_EXTRACTION" and "pooler" in key)]
        result |= {"missing": len(missing), "merged": difference(merged)}
    labels = {} if case["labels"] == 0 else {"num_labels": case["labels"]}
    base = LOADERS[task].from_pretrained(case["base"], dtype=torch.float32, **labels)
    adapted = PeftModel.from_pretrained(base, case["adapter"])
    result["adapter"] = difference(adapted)
    if case["merged"]:
        result["peftMerged"] = difference(adapted.merge_and_unload())
    return result
