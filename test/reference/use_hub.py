"""What huggingface_hub makes of the same cache: use_hub.py CASE.json with endpoint, cache, repo, fetch (bool)."""

import json
import os
import sys

case = json.load(open(sys.argv[1]))
os.environ["HF_ENDPOINT"] = case["endpoint"]
os.environ["HF_HUB_OFFLINE"] = "0" if case["fetch"] else "1"
os.environ["HF_HUB_DISABLE_XET"] = "1"

from huggingface_hub import scan_cache_dir, snapshot_download

patterns = ["*.json", "*.safetensors"]
folder = snapshot_download(case["repo"], cache_dir=case["cache"], allow_patterns=patterns)
scan = scan_cache_dir(case["cache"])
files = {name: os.path.getsize(os.path.join(folder, name)) for name in os.listdir(folder)}
print(json.dumps({
    "files": len(files),
    "bytes": sum(files.values()),
    "repos": len(scan.repos),
    "warnings": len(scan.warnings),
    "commit": int(os.path.basename(folder)[:8], 16),
}))
