"""Records what Pillow's Image.resize gives: test/vision/fixtures/resize.json. Needs pillow and numpy.

python test/golden/tools/pillow_resize.py > test/vision/fixtures/resize.json

Pictures are made from a formula that the test repeats (`noise` in test/vision/pictures.ts), so only digests are stored.
"""
import hashlib
import json
import random

import numpy as np
import PIL
from PIL import Image

FILTERS = {"nearest": 0, "lanczos": 1, "bilinear": 2, "bicubic": 3, "box": 4, "hamming": 5}


def noise(width, height, seed, hard):
    x = (np.arange(width * height * 3, dtype=np.uint64) * 2654435761 + seed) & 0xFFFFFFFF
    x = ((x ^ (x >> 16)) * 0x45D9F3B) & 0xFFFFFFFF
    x = (x ^ (x >> 16)) & 255
    if hard:  # black and white: overshoot in every direction
        x = np.where(x < 128, 0, 255)
    return x.astype(np.uint8).reshape(height, width, 3)


def main():
    rnd = random.Random(7)
    sizes = [  # from, to (width, height)
        ((500, 375), (448, 336)), ((333, 500), (336, 504)), ((336, 336), (140, 140)), ((140, 140), (336, 336)),
        ((500, 375), (500, 336)), ((500, 375), (448, 375)), ((500, 375), (500, 375)), ((1, 1), (7, 5)), ((7, 5), (1, 1)),
        ((1, 300), (40, 30)), ((300, 1), (30, 40)), ((2, 3), (97, 101)), ((97, 101), (2, 3)), ((4000, 3), (31, 33)),
        ((3, 4000), (33, 31)), ((2, 900), (2, 336)), ((900, 2), (336, 2)), ((1500, 1100), (458, 336)),
        ((20011, 2), (3, 2)), ((2, 20011), (2, 3)), ((23, 17), (22, 18)), ((640, 480), (672, 504)),
        ((200, 150), (190, 130)), ((200, 150), (190, 129)), ((150, 200), (151, 199)), ((375, 500), (336, 336)),
    ]
    for _ in range(30):
        sizes.append(((rnd.randint(1, 260), rnd.randint(1, 260)), (rnd.randint(1, 260), rnd.randint(1, 260))))
    cases = []
    for i, (old, new) in enumerate(sizes):
        for name, code in FILTERS.items():
            hard = (i + code) % 2 == 1
            out = Image.fromarray(noise(*old, i, hard)).resize(new, code)
            digest = hashlib.sha256(out.tobytes()).hexdigest()
            cases.append(dict(seed=i, hard=hard, filter=name, **{"from": old, "to": new}, sha256=digest))
    lines = ",\n  ".join(json.dumps(c) for c in cases)
    print('{\n "pillow": "%s",\n "cases": [\n  %s\n ]\n}' % (PIL.__version__, lines))


if __name__ == "__main__":
    main()
