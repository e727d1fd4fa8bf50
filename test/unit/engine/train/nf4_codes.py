"""Writes nf4-codes.json: weights and their NF4 codes and scales as bitsandbytes 0.50.2 makes them.

Run with a Python that has torch and bitsandbytes: python nf4_codes.py
"""

import json
from pathlib import Path

import torch
from bitsandbytes.functional import quantize_4bit


def quantized(weight: torch.Tensor) -> dict:
    packed, state = quantize_4bit(weight, blocksize=64, compress_statistics=False, quant_type="nf4")
    pairs = packed.flatten().tolist()
    codes = [code for pair in pairs for code in (pair >> 4, pair & 15)][: weight.numel()]
    return {
        "weight": weight.flatten().tolist(),
        "codes": "".join(f"{code:x}" for code in codes),
        "absmax": state.absmax.tolist(),
    }


torch.manual_seed(3)
normal = torch.randn(5, 77) * 0.05  # 385 values: the last block of 64 is not full
normal[1, :70] = 0  # one block that is all zero

values = quantize_4bit(torch.ones(64), blocksize=64, quant_type="nf4")[1].code
middles = (values[1:] + values[:-1]) / 2
up, down = (torch.nextafter(middles, torch.tensor(limit)) for limit in (2.0, -2.0))
ties = torch.cat([middles, up, down, torch.tensor([1.0, -1.0, 0.0, -0.0])])

tiny = torch.linspace(-1, 1, 64)
scales = torch.tensor([1e-37, 1.2e-38, 1e-38, 9e-39, 3e-39, 1e-39, 1e-42, 1e37])
cases = {"normal": normal, "ties": ties, "tiny": (tiny * scales[:, None]).flatten()}
text = json.dumps({name: quantized(weight) for name, weight in cases.items()})
Path(__file__).with_name("nf4-codes.json").write_text(text + "\n")
