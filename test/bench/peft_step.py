"""Training steps of PEFT (torch) as step.ts measures ours: peft_step.py CASE STEPS, the case as run.ts writes it (JSON).

Prints one JSON line with the same keys. All threads, dropout 0, AdamW, gradients clipped at 1. dtype holds the base in
bfloat16 under float32 adapters (PEFT's autocast_adapter_dtype); bf16 does so too and computes under torch.autocast. What
is trained whole stays float32, as in our engine.
"""
import contextlib
import json
import resource
import sys
import time

import torch
from peft import LoraConfig, VeraConfig, get_peft_model
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSequenceClassification

case = json.loads(sys.argv[1])
steps = int(sys.argv[2])
method, batch, length, micros = (case[key] for key in ("method", "batch", "length", "accumulation"))
torch.manual_seed(0)
start = time.perf_counter()
settings = dict(case["config"])
config = AutoConfig.for_model(settings.pop("model_type"), **settings, num_labels=8, use_cache=False)
causal = case["task"] == "CAUSAL_LM"
model = (AutoModelForCausalLM if causal else AutoModelForSequenceClassification).from_config(config)
if method != "full" and (case["bf16"] or case["dtype"] == "bfloat16"):
    model.to(torch.bfloat16)
if case["checkpointing"]:
    model.gradient_checkpointing_enable()
    model.enable_input_require_grads()
if method in ("lora", "dora"):
    adapter = LoraConfig(
        r=case["r"], lora_alpha=32, use_dora=method == "dora", target_modules=case["targets"], task_type=case["task"]
    )
    model = get_peft_model(model, adapter)
elif method == "vera":
    model = get_peft_model(model, VeraConfig(r=256, target_modules=case["targets"], task_type=case["task"]))
device = "cuda" if case["device"] == "gpu" else "cpu"
model.to(device).train()
trainable = [p for p in model.parameters() if p.requires_grad]
optimizer = torch.optim.AdamW(trainable, lr=1e-4, weight_decay=0.0)
ids = torch.randint(0, config.vocab_size, (batch, length), device=device)
labels = ids if causal else torch.arange(batch, device=device) % 8
products = torch.autocast(device, torch.bfloat16) if case["bf16"] else contextlib.nullcontext()
built = time.perf_counter()
seconds, cpu = [], []
for _ in range(steps):
    before, busy = time.perf_counter(), time.process_time()
    for _ in range(micros):
        with products:
            loss = model(input_ids=ids, labels=labels).loss
        (loss / micros).backward()
    torch.nn.utils.clip_grad_norm_(trainable, 1.0)
    optimizer.step()
    optimizer.zero_grad()
    if device == "cuda":
        torch.cuda.synchronize()
    seconds.append(time.perf_counter() - before)
    cpu.append(time.process_time() - busy)
print(
    json.dumps(
        dict(
            engine="peft",
            nodes=0,
            buildSeconds=built - start,
            loadSeconds=0,
            firstStepSeconds=seconds[0],
            stepSeconds=min(seconds[1:]),
            cpuSeconds=min(cpu[1:]),
            peakBytes=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        )
    )
)
