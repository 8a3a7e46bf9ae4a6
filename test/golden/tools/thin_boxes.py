"""Records which patches the published box rule gives for boxes of width or height 0:
test/vision/fixtures/thin-boxes.json. Needs torch, transformers, pillow, numpy.

python test/golden/tools/thin_boxes.py > test/vision/fixtures/thin-boxes.json
"""
import json
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), ".."))
import golden  # noqa: E402  (golden.py: box_patches, box_patches_anyres)
from PIL import Image
from processors import Vision
from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil

SIZE, PATCH = 56, 14
PINPOINTS = [[SIZE * a, SIZE * b] for a, b in ((1, 2), (2, 1), (2, 2), (1, 3), (3, 1))]
BOXES = [[20, 10, 0, 30], [5, 40, 40, 0], [30, 30, 0, 0], [0, 0, 0, 56], [55, 0, 0, 56], [0, 55, 56, 0]]


def main():
    cases = []
    for width, height in ((56, 56), (112, 56), (60, 50), (30, 28), (300, 200)):
        for box in BOXES:
            if box[0] >= width or box[1] >= height:
                continue
            image = Image.new("RGB", (width, height))
            for aspect in ("processor", "pad", "anyres"):
                common = dict(size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE})
                if aspect == "anyres":
                    tiles = LlavaNextImageProcessorPil(image_grid_pinpoints=PINPOINTS, **common)
                    inside = golden.box_patches_anyres(tiles, image, [box], Vision(SIZE, PATCH), PINPOINTS)[0]
                else:
                    inside = golden.box_patches(CLIPImageProcessorPil(**common), image, [box], PATCH, aspect)
                cases.append(dict(width=width, height=height, aspect=aspect, box=box, inside=inside))
    print("[\n " + ",\n ".join(json.dumps(c) for c in cases) + "\n]")


if __name__ == "__main__":
    main()
