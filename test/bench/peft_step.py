"""Training steps of PEFT (torch) at the shape that step.ts builds: peft_step.py METHOD BATCH LENGTH LAYERS STEPS.

Prints one JSON line with the same keys. float32, two threads, dropout 0, AdamW, gradients clipped at 1.
"""
import json
import resource
import sys
import time

import torch
from peft import LoraConfig, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM

method = sys.argv[1]
batch, length, layers, steps = (int(value) for value in sys.argv[2:6])
torch.set_num_threads(2)
torch.manual_seed(0)
start = time.perf_counter()
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=49152,
        hidden_size=576,
        intermediate_size=1536,
        num_hidden_layers=layers,
        num_attention_heads=9,
        num_key_value_heads=3,
        max_position_embeddings=2048,
        tie_word_embeddings=True,
        use_cache=False,
    )
)
if method != "full":
    targets = ["q_proj", "k_proj", "v_proj", "up_proj", "down_proj"]
    config = LoraConfig(r=16, lora_alpha=32, use_dora=method == "dora", target_modules=targets, task_type="CAUSAL_LM")
    model = get_peft_model(model, config)
model.train()
trainable = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trainable, lr=1e-4, weight_decay=0.0)
ids = torch.randint(0, 49152, (batch, length))
built = time.perf_counter()
seconds, losses = [], []
for _ in range(steps):
    before = time.perf_counter()
    loss = model(input_ids=ids, labels=ids).loss
    loss.backward()
    torch.nn.utils.clip_grad_norm_(trainable, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    losses.append(loss.item())
    seconds.append(time.perf_counter() - before)
best = min(seconds[1:])
print(
    json.dumps(
        dict(
            engine="peft",
            method=method,
            nodes=0,
            buildSeconds=built - start,
            loadSeconds=0,
            firstStepSeconds=seconds[0],
            stepSeconds=best,
            tokensPerSecond=batch * length / best,
            peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            losses=losses,
        )
    )
)
