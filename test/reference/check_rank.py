"""Reckons with numpy what the studio says of the rank of an adapter; a script of serve.py.

The case names the folder of an adapter as PEFT reads it, the base model's folder, and `modules`: what the studio found.
Answers with the number of modules and the largest differences of the effective rank and of the norm of the change as a share
of that of the weight, and how many modules need another rank for 90 or 99 % of the squared norm. The whole product s B A is
formed and taken apart in float64.
"""
import json
import os
import re

import numpy as np
from safetensors.numpy import load_file


def scale_of(config, module):
    def of(patterns, usual):
        # PEFT's rule: a pattern is a regular expression for the end of the path.
        return next((value for key, value in patterns.items() if re.match(rf"(.*\.)?({key})$", module)), usual)

    r, alpha = of(config["rank_pattern"], config["r"]), of(config["alpha_pattern"], config["lora_alpha"])
    return alpha / (np.sqrt(r) if config["use_rslora"] else r)


def least_rank(values, share):
    kept = np.cumsum(values**2) / np.sum(values**2)
    return int(np.searchsorted(kept, share - 1e-12) + 1)


def answer(case):
    with open(os.path.join(case["adapter"], "adapter_config.json")) as file:
        config = json.load(file)
    tensors = load_file(os.path.join(case["adapter"], "adapter_model.safetensors"))
    base = load_file(os.path.join(case["base"], "model.safetensors"))
    found = {"modules": 0, "effective": 0.0, "moved": 0.0, "otherRank": 0}
    for module in case["modules"]:
        name = module["module"]
        a = tensors[f"base_model.model.{name}.lora_A.weight"].astype(np.float64)
        b = tensors[f"base_model.model.{name}.lora_B.weight"].astype(np.float64)
        change = scale_of(config, name) * b @ a
        values = np.linalg.svd(change, compute_uv=False)[: a.shape[0]]
        shares = values / values.sum()
        shares = shares[shares > 1e-12]
        effective = np.exp(-np.sum(shares * np.log(shares)))
        moved = np.linalg.norm(change) / np.linalg.norm(base[f"{name}.weight"].astype(np.float64))
        found["modules"] += 1
        found["effective"] = max(found["effective"], abs(effective - module["effective"]))
        found["moved"] = max(found["moved"], abs(moved - module["moved"]) / moved)
        wanted = (least_rank(values, 0.9), least_rank(values, 0.99))
        found["otherRank"] += wanted != (module["most"], module["nearlyAll"])
    return found
