"""Writes small image files of many kinds and what Pillow reads from them: test/vision/fixtures/decode/.

python test/golden/tools/pictures.py test/vision/fixtures/decode        Needs pillow and numpy.
"""
import hashlib
import json
import os
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image, ImageCms

rng = np.random.default_rng(5)
W, H = 45, 31  # odd: chroma planes end in the middle of a block


def smooth():
    small = Image.fromarray(rng.integers(0, 255, (5, 7, 3), dtype=np.uint8))
    grain = rng.integers(-25, 25, (H, W, 1))
    return Image.fromarray((np.asarray(small.resize((W, H))).astype(int) + grain).clip(0, 255).astype(np.uint8))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png16(file):
    """16 bits a channel, which Pillow cannot write, with a gamma that must not be applied."""
    rows = b"".join(b"\0" + r.astype(">u2").tobytes() for r in rng.integers(0, 65536, (H, W, 3)))
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, 16, 2, 0, 0, 0)) + chunk(b"gAMA", struct.pack(">I", 100000))
    with open(file, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def swapped_profile():
    """sRGB with red and blue exchanged: reading it through the profile would exchange the colours."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return profile.replace(b"rXYZ", b"tmp.").replace(b"bXYZ", b"rXYZ").replace(b"tmp.", b"bXYZ")


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    os.chdir(out)
    im = smooth()
    for name, sub in (("444", 0), ("422", 1), ("420", 2)):
        im.save(f"{name}.jpg", quality=85, subsampling=sub)
    im.save("progressive.jpg", quality=70, progressive=True, subsampling=2)
    turned = Image.Exif()
    turned[0x0112] = 6
    im.save("turned.jpg", exif=turned, quality=90)
    im.convert("L").save("grey.jpg")
    im.convert("CMYK").save("cmyk.jpg", quality=90)
    im.save("rgb.png")
    im.save("profile.png", icc_profile=swapped_profile())
    im.convert("L").save("grey.png")
    im.convert("1").save("bits.png")
    im.convert("LA").save("grey-alpha.png")
    im.quantize(32).save("palette.png")
    im.quantize(16).save("palette-transparent.png", transparency=3)
    alpha = rng.integers(0, 255, (H, W), dtype=np.uint8)
    Image.fromarray(np.dstack([np.asarray(im), alpha])).save("alpha.png")
    png16("rgb16.png")
    im.save("lossy.webp", quality=80)
    im.save("lossless.webp", lossless=True)
    im.quantize(64).save("palette.gif")
    im.save("rgb.tif")
    im.convert("CMYK").save("cmyk.tif")
    files = {}
    for name in sorted(os.listdir(".")):
        if name.endswith(".json"):
            continue
        picture = Image.open(name).convert("RGB")
        files[name] = dict(size=picture.size, sha256=hashlib.sha256(picture.tobytes()).hexdigest())
    with open("digests.json", "w") as f:
        json.dump(dict(pillow=PIL.__version__, files=files), f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
