"""Records what transformers' Pillow-based processors and the published box rule give for many sizes:
test/vision/fixtures/processors.json. Needs torch, transformers, pillow, numpy.

python test/golden/tools/processors.py > test/vision/fixtures/processors.json

Pictures are made from a formula that the test repeats, so only digests of the float32 pixel values are stored.
"""
import hashlib
import json
import os
import random
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import golden  # noqa: E402  (golden.py: box_patches, box_patches_anyres, pad_square)
import numpy as np
from PIL import Image
from pillow_resize import noise
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil


class Vision:
    def __init__(self, size, patch):
        self.image_size, self.patch_size = size, patch


def boxes_in(rnd, w, h):
    out = []
    for _ in range(rnd.randint(1, 3)):
        x, y = rnd.randint(-3, w - 1), rnd.randint(-3, h - 1)  # may reach over any border
        low_w, low_h = max(1, 1 - x), max(1, 1 - y)
        out.append([x, y, rnd.randint(low_w, max(low_w, w)), rnd.randint(low_h, max(low_h, h))])
    return out


def main():
    rnd = random.Random(11)
    cases = []
    sizes = [(500, 375), (375, 500), (333, 500), (40, 30), (20, 300), (300, 20), (56, 56), (57, 55), (1, 40), (640, 480)]
    for i in range(60):
        w, h = sizes[i] if i < len(sizes) else (rnd.randint(1, 400), rnd.randint(1, 400))
        for aspect in ("processor", "pad", "anyres"):
            size, patch = rnd.choice([(56, 14), (48, 16), (70, 14)])
            edge = size if aspect == "anyres" else rnd.choice([size, size, size // 2 + 3, size * 2 + 1])
            common = dict(size={"shortest_edge": edge}, crop_size={"height": size, "width": size})
            image = Image.fromarray(noise(w, h, i, False))
            boxes = boxes_in(rnd, w, h)
            case = dict(seed=i, width=w, height=h, aspect=aspect, size=size, patch=patch, edge=edge, boxes=boxes)
            if aspect == "anyres":
                pins = [[size * a, size * b] for a, b in ((1, 2), (2, 1), (2, 2), (1, 3), (3, 1))]
                processor = LlavaNextImageProcessorPil(image_grid_pinpoints=pins, **common)
                inside, newlines, base, tokens = golden.box_patches_anyres(processor, image, boxes, Vision(size, patch), pins)
                case.update(newlines=newlines, base=base, tokens=tokens)
                pixels = processor(image, return_tensors="np").pixel_values[0]
            else:
                processor = CLIPImageProcessorPil(**common)
                inside = golden.box_patches(processor, image, boxes, patch, aspect)
                square = golden.pad_square(image, processor) if aspect == "pad" else image
                pixels = processor(square, return_tensors="np").pixel_values
            pixels = np.ascontiguousarray(pixels, dtype=np.float32)
            case.update(tiles=pixels.shape[0], sha256=hashlib.sha256(pixels.tobytes()).hexdigest(), inside=inside)
            cases.append(case)
    print("[\n " + ",\n ".join(json.dumps(c) for c in cases) + "\n]")


if __name__ == "__main__":
    main()
