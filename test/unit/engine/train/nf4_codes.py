"""Writes nf4-codes.json: a weight and its NF4 codes and scales as bitsandbytes 0.50.2 makes them.

Run with a Python that has torch and bitsandbytes: python nf4_codes.py
"""

import json
from pathlib import Path

import torch
from bitsandbytes.functional import quantize_4bit

torch.manual_seed(3)
weight = torch.randn(5, 77) * 0.05  # 385 values: the last block of 64 is not full
weight[1, :70] = 0  # one block that is all zero
packed, state = quantize_4bit(weight, blocksize=64, compress_statistics=False, quant_type="nf4")
pairs = packed.flatten().tolist()
codes = [code for pair in pairs for code in (pair >> 4, pair & 15)][: weight.numel()]
result = {
    "weight": weight.flatten().tolist(),
    "codes": "".join(f"{code:x}" for code in codes),
    "absmax": state.absmax.tolist(),
}
Path(__file__).with_name("nf4-codes.json").write_text(json.dumps(result) + "\n")
