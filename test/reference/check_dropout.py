"""Runs training passes of transformers in float64 with the studio's own dropout masks and compares loss and gradients;
a script of serve.py.

The case names a list of passes, each with a model folder, a task, the number of labels,
the rates in the order in which the studio drops, and a safetensors file with input_ids, attention_mask, labels (int32), masks
mask.0, mask.1, ... (0 or 1/(1-p), any shape), the studio's loss, and grad.NAME for every weight.
Answers for each pass with the relative error of the loss and the largest one of a gradient.
"""
import torch
from safetensors.torch import load_file
from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification, AutoModelForTokenClassification

LOADERS = {"SEQ_CLS": AutoModelForSequenceClassification, "TOKEN_CLS": AutoModelForTokenClassification,
           "CAUSAL_LM": AutoModelForCausalLM}


def drop_by(masks, rates):
    """torch's dropout, taking the next mask each time; what drops nothing takes none."""
    left = list(zip(masks, rates))

    def dropout(input, p=0.5, training=True, inplace=False):
        if not training or p == 0:
            return input
        mask, rate = left.pop(0)
        assert abs(rate - p) < 1e-12, f"transformers drops {p} where the studio drops {rate}"
        return input * mask.reshape(input.shape).to(input.dtype)

    return dropout, left


def errors(one):
    tensors = load_file(one["tensors"])
    labels = {} if one["labels"] == 0 else {"num_labels": one["labels"]}
    model = LOADERS[one["task"]].from_pretrained(one["folder"], dtype=torch.float64, attn_implementation="eager", **labels)
    model.train()
    masks = [tensors[f"mask.{i}"] for i in range(len(one["rates"]))]
    torch.nn.functional.dropout, left = drop_by(masks, one["rates"])
    loss = model(input_ids=tensors["input_ids"].long(), attention_mask=tensors["attention_mask"].long(),
                 labels=tensors["labels"].long()).loss
    assert not left, f"transformers left {len(left)} of {len(masks)} masks"
    loss.backward()
    ours = tensors["loss"].item()
    parameters = dict(model.named_parameters())
    scale = max(p.grad.abs().max().item() for p in parameters.values() if p.grad is not None)
    worst = max((tensors[f"grad.{name}"].reshape(p.shape) - p.grad).abs().max().item()
                for name, p in parameters.items() if p.grad is not None)
    missing = [name for name, p in parameters.items() if p.grad is not None and f"grad.{name}" not in tensors]
    assert not missing, missing
    return {"loss": abs(loss.item() - ours) / abs(ours), "gradients": worst / scale, "masks": len(masks)}


def answer(case):
    return {one["name"]: errors(one) for one in case["passes"]}
