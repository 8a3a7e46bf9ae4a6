"""Records what LLaVA-NeXT's tiling gives: test/vision/fixtures/anyres.json. Needs torch, transformers, pillow, numpy.

- differing, alike: image tokens by transformers and by the original LLaVA code, at every size from 100 to 700 where the
  two differ, and at a few others.
- padding: float32 pixel values (their sha256) of pictures that stand in their canvas with an odd number of black lines.

python test/golden/tools/anyres.py > test/vision/fixtures/anyres.json
"""
import hashlib
import json

import numpy as np
from PIL import Image
from pillow_resize import noise
from transformers.image_processing_utils import get_patch_output_size, select_best_resolution
from transformers.models.llava_next.configuration_llava_next import LlavaNextConfig
from transformers.models.llava_next.image_processing_pil_llava_next import LlavaNextImageProcessorPil
from transformers.models.llava_next.processing_llava_next import LlavaNextProcessor

SIZE, PATCH = 336, 14
PINPOINTS = LlavaNextConfig().image_grid_pinpoints  # (height, width)
SIDE = SIZE // PATCH


def kept(height, width, original):
    """Rows and columns of tile patches after unpad_image.

    original: github.com/haotian-liu/LLaVA llava/model/llava_arch.py, unpad_image, on a tensor's shape.
    """
    best_height, best_width = select_best_resolution((height, width), PINPOINTS)
    if not original:
        rows, newlines = LlavaNextProcessor._get_unpadded_features(
            None, height, width, SIDE, SIDE, best_height // SIZE, best_width // SIZE
        )
        return newlines, rows // newlines
    current_height, current_width = best_height // PATCH, best_width // PATCH
    if width / height > current_width / current_height:
        new_height = int(height * (current_width / width))
        return current_height - 2 * ((current_height - new_height) // 2), current_width
    new_width = int(width * (current_height / height))
    return current_height, current_width - 2 * ((current_width - new_width) // 2)


def tokens(height, width, original):
    rows, columns = kept(height, width, original)
    return SIDE * SIDE + rows * (columns + 1)


def case(height, width):
    return [height, width, tokens(height, width, False), tokens(height, width, True)]


def padding(width, height, seed):
    """Pixel values by transformers' Pillow-based processor, and the black lines around the resized picture."""
    image = noise(width, height, seed, False)
    canvas = select_best_resolution((height, width), PINPOINTS)
    inner = get_patch_output_size(image, canvas, input_data_format="channels_last")
    around = [int(c - i) for c, i in zip(canvas, inner)]
    assert any(n % 2 for n in around), (width, height)
    processor = LlavaNextImageProcessorPil(
        size={"shortest_edge": SIZE}, crop_size={"height": SIZE, "width": SIZE}, image_grid_pinpoints=PINPOINTS
    )
    pixels = processor(Image.fromarray(image), return_tensors="np").pixel_values[0]
    digest = hashlib.sha256(np.ascontiguousarray(pixels, dtype=np.float32).tobytes()).hexdigest()
    return {"width": width, "height": height, "seed": seed, "around": around, "tiles": len(pixels), "sha256": digest}


def main():
    sizes = [(h, w) for h in range(100, 701) for w in range(100, 701)]
    differing = [c for c in (case(h, w) for h, w in sizes) if c[2] != c[3]]
    alike = [case(h, w) for h, w in ((110, 353), (656, 206), (1256, 950), (950, 1256), (480, 640), (333, 500), (20, 300))]
    odd = [(950, 1256), (1256, 950), (640, 479), (205, 301), (500, 333), (27, 31)]
    padded = [padding(w, h, seed) for seed, (w, h) in enumerate(odd)]
    result = {
        "size": SIZE,
        "patch": PATCH,
        "pinpoints": PINPOINTS,
        "columns": ["height", "width", "transformers", "original"],
        "differing": differing,
        "alike": alike,
        "padding": padded,
    }
    print("{\n " + ",\n ".join(f"{json.dumps(k)}: {json.dumps(v)}" for k, v in result.items()) + "\n}")


if __name__ == "__main__":
    main()
