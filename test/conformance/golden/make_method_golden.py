"""Reference values for the options of the methods, beside the cases of make_golden.py and in their format.

Usage: python make_method_golden.py OUT_DIR [SEED] [CASE ...]
Made with seed 17.
PEFT 0.21.2 asks the backbone of a classifier for an argument `past_key_values`, which transformers 5.24 calls `cache`: `named`
gives it the old name back, and PEFT's own code does the rest.
`llama-lora-pissa` is different: nothing is moved away from its start and there is no adapter file, only the base, the
five losses, and the change of every weight after them.
"""
import json, sys
from pathlib import Path

import torch
from peft import LoraConfig, PrefixTuningConfig, VeraConfig, get_peft_model
from safetensors.torch import save_file
from transformers import BertModel

import make_golden as common

LM = "CAUSAL_LM"


def named(backbone):
    forward = backbone.forward

    def with_past(self, *args, past_key_values=None, **kwargs):
        return forward(self, *args, cache=past_key_values, **kwargs)

    backbone.forward = with_past


named(BertModel)
CASES = {
    "llama-lora-patterns": ("llama", lambda: LoraConfig(r=4, lora_alpha=8, target_modules=["q_proj", "v_proj", "down_proj"], task_type=LM,
                                                        rank_pattern={"down_proj": 2, r"model\.layers\.1\.self_attn\.q_proj": 6}, alpha_pattern={"v_proj": 3})),
    "llama-dora-patterns-layers": ("llama", lambda: LoraConfig(r=4, lora_alpha=8, use_dora=True, use_rslora=True, target_modules=["k_proj", "up_proj"], task_type=LM,
                                                               layers_to_transform=[1], layers_pattern="layers", rank_pattern={"mlp.up_proj": 2})),
    "llama-dora-saved-head": ("llama", lambda: LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["q_proj", "down_proj"], modules_to_save=["lm_head"], task_type=LM)),
    "qwen2-lora-bias-all": ("qwen2", lambda: LoraConfig(r=2, lora_alpha=4, target_modules=["q_proj", "up_proj"], bias="all", task_type=LM)),
    "qwen2-dora-bias-adapted": ("qwen2", lambda: LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["q_proj", "up_proj"], bias="lora_only", task_type=LM)),
    "llama-vera-mixed-widths": ("llama", lambda: VeraConfig(r=6, target_modules=["k_proj", "up_proj", "down_proj"], projection_prng_key=3, d_initial=0.2, task_type=LM)),
    "llama-dora-loraplus": ("llama", lambda: LoraConfig(r=3, lora_alpha=6, use_dora=True, target_modules=["v_proj", "gate_proj"], task_type=LM)),
    "llama-dora-embedding": ("llama-padded", lambda: LoraConfig(r=3, lora_alpha=6, use_dora=True, target_modules=["embed_tokens", "q_proj"], task_type=LM,
                                                                rank_pattern={"embed_tokens": 5}, alpha_pattern={"embed_tokens": 4})),
    "llama-lora-embedding-tied": ("llama-tied", lambda: LoraConfig(r=3, lora_alpha=6, target_modules=["embed_tokens", "v_proj"], use_rslora=True, task_type=LM)),
    "llama-lora-embedding-head": ("llama", lambda: LoraConfig(r=2, lora_alpha=4, target_modules=["embed_tokens", "lm_head"], task_type=LM)),
    "gemma3-dora-embedding": ("gemma3", lambda: LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["embed_tokens"], task_type=LM)),
    "gpt2-dora-embeddings": ("gpt2", lambda: LoraConfig(r=2, lora_alpha=6, use_dora=True, fan_in_fan_out=True, target_modules=["wte", "wpe", "c_fc"], task_type=LM)),
    "bert-dora-embeddings": ("bert", lambda: LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["word_embeddings", "position_embeddings", "token_type_embeddings", "query"], task_type="SEQ_CLS")),
    "llama-dora-embedding-loraplus": ("llama", lambda: LoraConfig(r=2, lora_alpha=4, use_dora=True, target_modules=["embed_tokens", "v_proj"], task_type=LM)),
    "llama-prefix-saved-head": ("llama", lambda: PrefixTuningConfig(num_virtual_tokens=5, modules_to_save=["lm_head"], task_type=LM)),
    "llama-prefix-projection": ("llama", lambda: PrefixTuningConfig(num_virtual_tokens=3, prefix_projection=True, encoder_hidden_size=10, task_type=LM)),
    "qwen2-prefix": ("qwen2", lambda: PrefixTuningConfig(num_virtual_tokens=4, task_type=LM)),
    "gpt2-prefix": ("gpt2", lambda: PrefixTuningConfig(num_virtual_tokens=7, task_type=LM)),
    "mistral-prefix-window": ("mistral", lambda: PrefixTuningConfig(num_virtual_tokens=6, task_type=LM)),
    "bert-prefix-classifier": ("bert", lambda: PrefixTuningConfig(num_virtual_tokens=6, task_type="SEQ_CLS")),
}
common.CASES.update(CASES)
MORE = {"llama-dora-loraplus": dict(loraplus_lr_ratio=4.0),
        "llama-dora-embedding-loraplus": dict(loraplus_lr_ratio=4.0, loraplus_lr_embedding=3e-3)}


def pissa_model(model, meta):
    settings = {k: meta[k] for k in ("r", "lora_alpha", "target_modules")}
    return get_peft_model(model, LoraConfig(init_lora_weights="pissa", task_type=LM, **settings))


def pissa(out, seed):
    torch.manual_seed(seed)
    model = common.MODELS["llama"]()
    folder = out / "llama-lora-pissa"
    model.save_pretrained(folder / "base")
    before = {n: p.detach().clone() for n, p in model.named_parameters()}
    meta = dict(case=folder.name, seed=seed, lr=1e-2, weight_decay=0.01, steps=5, init_lora_weights="pissa",
                r=3, lora_alpha=6, target_modules=["q_proj", "v_proj", "down_proj"])
    model = pissa_model(model, meta)
    ids = torch.randint(3, common.V, (common.B, common.T))
    batch = dict(input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids.clone())
    losses = common.train(model, batch, meta)
    save_file({**batch, "losses": torch.tensor(losses), **changed(model, before)}, folder / "expected.safetensors")
    (folder / "case.json").write_text(json.dumps(meta, indent=2) + "\n")
    print(folder.name, losses)


def changed(model, before):
    """Weights that differ once the adapter is merged."""
    merged = model.merge_and_unload()
    return {f"merged.{n}": p.detach().contiguous() for n, p in merged.named_parameters() if not torch.equal(p, before[n])}


if __name__ == "__main__":
    out = Path(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    for case in sys.argv[3:] or [*CASES, "llama-lora-pissa"]:
        pissa(out, seed) if case == "llama-lora-pissa" else common.build(case, out, seed, **MORE.get(case, {}))
