"""The Parquet files of data-files.test.ts, as pyarrow writes them.

Usage: python make_parquet.py rows.json     (pip: pyarrow 26.0.1; writes into the folder of rows.json)
"""
import json, sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

path = Path(sys.argv[1])
rows = json.loads(path.read_text())
table = pa.Table.from_pylist(rows)
for compression in ("none", "snappy", "gzip", "brotli", "zstd", "lz4"):
    pq.write_table(table, path.parent / f"{compression}.parquet", compression=compression, row_group_size=2)
pq.write_table(table, path.parent / "pages-v2.parquet", data_page_version="2.0", use_dictionary=False)

talk = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello."}]
kinds = pa.Table.from_pylist([
    {"messages": talk, "tokens": ["a", "b"], "label": 3, "score": 1.5, "big": 2**60, "flag": True, "when": None, "raw": b"\x00\x01"},
    {"messages": talk[1:], "tokens": [], "label": -1, "score": 0.25, "big": 7, "flag": False, "when": "later", "raw": b""},
])
pq.write_table(kinds, path.parent / "kinds.parquet")
