"""Holds a GGUF file that the studio wrote against the gguf package, torch and transformers; a script of serve.py.

The case names the merged model (a folder in float32), the folder with the GGUF `file`, the numbers of query and key `heads`
and `groups`, and a safetensors file with input_ids (int32) [B, T] and the studio's logits [B, T, vocab] of the merged model.
Answers with the number of tensors; how many have other bytes than the gguf package makes of the merged model's; the largest
difference of transformers' logits for GGUF and merged model, and of the former to ours; the largest logit; how many texts
the tokenizer of the GGUF turns to other ids than tokenizer.json; and whether the chat template came through.
"""
import numpy as np
import torch
from gguf import MODEL_ARCH_NAMES, GGUFReader, get_tensor_name_map
from gguf.quants import quantize
from safetensors.torch import load_file
from tokenizers import Tokenizer
from transformers import AutoModelForCausalLM, AutoTokenizer

TEXTS = [
    "oak: a tall tree",
    "two  spaces,   three, a tab\t and\nnew lines\n\n\nend ",
    "  leading spaces",
    "Grüße, naïve café — 東京 😀 العربية हिन्दी",
    "it's they'll WE'RE 12345 3.14 $%&/() a_b-c",
]


def text(reader, key):
    field = reader.fields.get(key)
    return None if field is None else bytes(field.parts[field.data[0]]).decode()


def expected(name, value, architecture, case):
    """The values of a tensor as llama.cpp wants them, from what transformers has."""
    value = value.float().numpy()
    if architecture == "llama" and (".q_proj" in name or ".k_proj" in name):
        heads = case["heads"] if ".q_proj" in name else case["groups"]
        halves = value.reshape(heads, 2, value.shape[0] // heads // 2, *value.shape[1:])
        return halves.swapaxes(1, 2).reshape(value.shape)
    if architecture == "gemma3" and name.endswith("norm.weight"):
        return value + 1
    return value


def wanted_tensors(reader, merged, case):
    architecture = text(reader, "general.architecture")
    number = next(key for key, name in MODEL_ARCH_NAMES.items() if name == architecture)
    names = get_tensor_name_map(number, merged.config.num_hidden_layers)
    wanted = {}
    for name, value in merged.state_dict().items():
        if name == "lm_head.weight" and merged.config.tie_word_embeddings:
            continue
        stem, suffix = name.rsplit(".", 1)
        wanted[f"{names.get_name(stem)}.{suffix}"] = expected(name, value, architecture, case)
    return wanted


def unlike(tensor, value):
    if value is None or list(reversed(tensor.shape.tolist())) != list(value.shape):
        return True
    raw = quantize(np.ascontiguousarray(value, dtype=np.float32), tensor.tensor_type)
    return np.asarray(tensor.data).tobytes() != raw.tobytes()


def answer(case):
    given = load_file(case["logits"])
    ids, ours = given["input_ids"].long(), given["logits"]
    folder, file = case["folder"], case["file"]
    reader = GGUFReader(f"{folder}/{file}")
    merged = AutoModelForCausalLM.from_pretrained(case["merged"], dtype=torch.float32).eval()
    wanted = wanted_tensors(reader, merged, case)
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=file, dtype=torch.float32).eval()
    with torch.no_grad():
        logits, whole = loaded(input_ids=ids).logits, merged(input_ids=ids).logits
    # AutoTokenizer would put the family's own rules in place of the file's.
    before = Tokenizer.from_file(case["merged"] + "/tokenizer.json")
    after = AutoTokenizer.from_pretrained(folder, gguf_file=file)
    texts = TEXTS + [f"a{token} b {token}" for token in case["special"]]
    return {
        "tensors": len(reader.tensors),
        "unlike": sum(unlike(tensor, wanted.get(tensor.name)) for tensor in reader.tensors),
        "missing": len(set(wanted) - {tensor.name for tensor in reader.tensors}),
        "toMerged": (logits - whole).abs().max().item(),
        "toOurs": (logits - ours).abs().max().item(),
        "scale": ours.abs().max().item(),
        "otherIds": sum(before.encode(one).ids != after(one)["input_ids"] for one in texts),
        "aligned": int(all(tensor.data_offset % 32 == 0 for tensor in reader.tensors)),
        "template": int(text(reader, "tokenizer.chat_template") == case["template"]),
    }
