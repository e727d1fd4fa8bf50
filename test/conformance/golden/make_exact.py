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
from peft import PeftConfig, PeftModel, get_peft_model
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
    expected = load_file(folder / "expected.safetensors")
    if (folder / "adapter").exists():
        model = adapted(model, folder, expected)
    return model, expected, meta


def adapted(model, folder, expected):
    if not PeftConfig.from_pretrained(folder / "adapter").is_prompt_learning:
        return PeftModel.from_pretrained(model, folder / "adapter", is_trainable=True)
    # PEFT loads a prefix only to use it, so its values are put into a new one.
    model = get_peft_model(model, common.CASES[folder.name][1]())
    values = load_file(folder / "adapter" / "adapter_model.safetensors")
    values |= {k.removeprefix("start."): v for k, v in expected.items() if k.startswith("start.")}
    with torch.no_grad():
        for name, key in common.keys(model).items():
            model.get_parameter(name).copy_(values[key])
    return model


def batch_of(expected):
    names = ("input_ids", "attention_mask", "labels")
    return {k: v.to(double) if v.is_floating_point() else v for k, v in expected.items() if k in names}


def trained(model, expected, meta):
    batch = batch_of(expected)
    named = {k: model.get_parameter(n) for n, k in common.keys(model).items()}
    result = model(**batch)
    result.loss.backward()
    tensors = dict(logits=result.logits.detach(), loss=result.loss.detach().reshape(1))
    tensors |= {f"grad.{k}": p.grad.clone() for k, p in named.items()}
    tensors["losses"] = torch.tensor(common.train(model, batch, meta))
    return tensors | {f"after.{k}": p.detach().clone() for k, p in named.items()}


def started(model, expected, meta):
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    model = methods.pissa_model(model, meta)
    losses = torch.tensor(common.train(model, batch_of(expected), meta))
    return {"losses": losses, **methods.changed(model, before)}


def main(folder, model, expected, meta):
    make = started if meta.get("init_lora_weights") == "pissa" else trained
    tensors = make(model.double(), expected, meta)
    assert all(v.dtype == double for v in tensors.values())
    assert set(tensors) == {k for k in expected if k not in batch_of(expected) and not k.startswith("start.") and (make is started or not k.startswith("merged."))}
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
