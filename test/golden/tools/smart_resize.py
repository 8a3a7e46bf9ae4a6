"""Sizes that Qwen's image processor brings pictures to: test/families/fixtures/smart-resize.json.

python smart_resize.py OUT   (transformers)
"""

import json
import random
import sys

from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import smart_resize

rng = random.Random(1)
rows = []
for factor, fewest, most in [(28, 56 * 56, 28 * 28 * 1280), (28, 3136, 12845056), (32, 65536, 16777216), (8, 1280, 4608), (28, 100352, 200704)]:
    sizes = [(640, 480), (480, 640), (1, 1), (14, 14), (42, 42), (70, 98), (1, 200), (200, 1), (4000, 3000), (8000, 40), (factor // 2, factor // 2 * 3)]
    sizes += [(round(2 ** rng.uniform(0, 13)), round(2 ** rng.uniform(0, 13))) for _ in range(40)]
    for width, height in sizes:
        try:
            h, w = smart_resize(height, width, factor, fewest, most)
            rows.append([factor, fewest, most, width, height, w, h])
        except ValueError:
            rows.append([factor, fewest, most, width, height, 0, 0])
with open(sys.argv[1], "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(r) for r in rows) + "\n]\n")
