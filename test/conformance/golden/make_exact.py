"""Exact reference values beside those of make_golden.py: the same model, adapter and batch in float64.

Usage: python make_exact.py GOLDEN_DIR [CASE ...]     (GOLDEN_DIR: golden, or golden-starts)
Writes exact.safetensors into each case: logits, loss, grad.<key>, losses and after.<key> as in expected.safetensors, in
float64; for the PiSSA case the losses and the merged weights. transformers computes norms, softmax and loss in float32
whatever the model's type, so torch.float32 is made to mean float64 here. Two roundings are kept, because they define the
model and are no error in it: rotary frequencies and angles are float32 numbers.
"""
import json, sys
from pathlib import Path

import torch
from peft import PeftModel
from safetensors.torch import load_file, save_file

import make_golden as common
import make_method_golden as methods

single, double = torch.float32, torch.float64


def compute_in_float64():
    torch.float32 = torch.float = double
    torch.Tensor.float = torch.Tensor.double
    for name in ("cos", "sin"):
        exact = getattr(torch.Tensor, name)
        setattr(torch.Tensor, name, lambda x, exact=exact: exact(x.to(single).to(double)))
    torch.set_default_dtype(double)


def load(folder):
    """Model, expected values and settings of a case, all as they are in its files."""
    meta = json.loads((folder / "case.json").read_text())
    model_name, _ = common.CASES.get(folder.name, ("llama", None))
    model = common.MODELS[model_name]()
    model.load_state_dict(load_file(folder / "base" / "model.safetensors"), strict=False)
    if (folder / "adapter").exists():
        model = PeftModel.from_pretrained(model, folder / "adapter", is_trainable=True)
    return model, load_file(folder / "expected.safetensors"), meta


def batch_of(expected):
    names = ("input_ids", "attention_mask", "labels")
    return {k: v.to(double) if v.is_floating_point() else v for k, v in expected.items() if k in names}


def trained(model, expected, meta):
    batch = batch_of(expected)
    named = {n: p for n, p in model.named_parameters() if p.requires_grad}
    result = model(**batch)
    result.loss.backward()
    tensors = dict(logits=result.logits.detach(), loss=result.loss.detach().reshape(1))
    tensors |= {f"grad.{common.key(n)}": p.grad.clone() for n, p in named.items()}
    tensors["losses"] = torch.tensor(common.train(model, batch, meta))
    return tensors | {f"after.{common.key(n)}": p.detach().clone() for n, p in named.items()}


def started(model, expected, meta):
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    model = methods.pissa_model(model, meta)
    losses = torch.tensor(common.train(model, batch_of(expected), meta))
    return {"losses": losses, **methods.changed(model, before)}


def main(folder, model, expected, meta):
    make = started if meta.get("init_lora_weights") == "pissa" else trained
    tensors = make(model.double(), expected, meta)
    assert all(v.dtype == double for v in tensors.values())
    assert set(tensors) == {k for k in expected if k not in batch_of(expected) and (make is started or not k.startswith("merged."))}
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "exact.safetensors")
    off = max(float((expected[k].to(double) - v).abs().max() / v.abs().max()) for k, v in tensors.items() if v.abs().max() > 1e-9)
    print(folder.name, f"float32 is up to {off:.1e} off")


if __name__ == "__main__":
    golden = Path(sys.argv[1])
    names = sys.argv[2:] or sorted(p.name for p in golden.iterdir() if (p / "case.json").exists())
    # Safetensors asks torch for float32 by its name, so everything is read before.
    cases = [(golden / name, *load(golden / name)) for name in names]
    compute_in_float64()
    for case in cases:
        main(*case)
