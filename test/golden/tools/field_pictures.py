"""Writes pictures of kinds that people have, and what Pillow reads from them: test/vision/fixtures/field/.

python test/golden/tools/field_pictures.py test/vision/fixtures/field [PICTURES ...]        Needs pillow and numpy.

PICTURES are files from elsewhere that are read as well.
"""
import hashlib
import json
import os
import shutil
import struct
import sys
import zlib

import numpy as np
import PIL
from PIL import Image

rng = np.random.default_rng(11)
W, H = 45, 31  # odd: chroma planes end in the middle of a block


def smooth(seed=0, size=(W, H)):
    r = np.random.default_rng(seed)
    small = Image.fromarray(r.integers(0, 255, (5, 7, 3), dtype=np.uint8))
    grain = r.integers(-25, 25, (size[1], size[0], 1))
    return Image.fromarray((np.asarray(small.resize(size)).astype(int) + grain).clip(0, 255).astype(np.uint8))


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(file, colour, depth, rows, extra=b"", interlace=0):
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", W, H, depth, colour, 0, 0, interlace))
    with open(file, "wb") as f:
        f.write(b"\x89PNG\r\n\x1a\n" + head + extra + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def png16(file, colour, channels, extra=b""):
    """16 bits a channel, which Pillow cannot write for colour."""
    rows = b"".join(b"\0" + r.astype(">u2").tobytes() for r in rng.integers(0, 65536, (H, W, channels)))
    png(file, colour, 16, rows, extra)


def adam7(file, im):
    data = np.asarray(im)
    rows = b""
    for x0, y0, dx, dy in [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]:
        for row in data[y0::dy, x0::dx]:
            if row.size:
                rows += b"\0" + row.tobytes()
    png(file, 2, 8, rows, interlace=1)


def ycbcr_tiff(file, im, sub=(1, 1), bigendian=False, deflate=False):
    """YCbCr, whole or subsampled, one strip, not compressed or deflated. Pillow writes it whole only."""
    y, cb, cr = (np.asarray(c) for c in im.convert("YCbCr").split())
    h, v = sub
    units = []
    for by in range(0, H, v):
        for bx in range(0, W, h):
            for dy in range(v):
                for dx in range(h):
                    units.append(y[min(by + dy, H - 1), min(bx + dx, W - 1)])
            units += [cb[by, bx], cr[by, bx]]
    data = zlib.compress(bytes(units)) if deflate else bytes(units)
    write_tiff(file, data, photometric=6, samples=3, sub=sub, bigendian=bigendian, compression=8 if deflate else 1)


def write_tiff(file, data, photometric, samples, bits=8, sub=None, bigendian=False, compression=1):
    e = ">" if bigendian else "<"
    tags = [(256, 4, [W]), (257, 4, [H]), (258, 3, [bits] * samples), (259, 3, [compression]), (262, 3, [photometric]),
            (273, 4, [0]), (277, 3, [samples]), (278, 4, [H]), (279, 4, [len(data)]), (284, 3, [1])]
    if sub:
        tags.append((530, 3, list(sub)))
    tags.sort()
    fmt = {3: "H", 4: "I"}
    at = 8 + 2 + 12 * len(tags) + 4
    tail, entries = b"", b""
    for tag, kind, values in tags:
        packed = struct.pack(e + fmt[kind] * len(values), *values)
        if tag == 273:
            packed = None
        elif len(packed) > 4:
            tail_at = at + len(tail)
            tail += packed
            packed = struct.pack(e + "I", tail_at)
        entries += struct.pack(e + "HHI", tag, kind, len(values)) + (packed or b"\0\0\0\0").ljust(4, b"\0")
    start = at + len(tail)
    head = (b"MM\0*" if bigendian else b"II*\0") + struct.pack(e + "I", 8) + struct.pack(e + "H", len(tags))
    where = 12 * [t[0] for t in tags].index(273) + 8
    entries = entries[:where] + struct.pack(e + "I", start) + entries[where + 4:]
    with open(file, "wb") as f:
        f.write(head + entries + b"\0\0\0\0" + tail + data)


def main():
    out = sys.argv[1]
    os.makedirs(out, exist_ok=True)
    for extra in sys.argv[2:]:
        shutil.copyfile(extra, os.path.join(out, os.path.basename(extra)))
    os.chdir(out)
    im = smooth()
    pal = im.quantize(32)
    # GIF
    pal.save("interlaced.gif", interlace=1)
    pal.save("straight.gif", interlace=0)
    pal.save("transparent.gif", transparency=5)
    frames = [smooth(i).quantize(16) for i in range(3)]
    for d in (0, 1, 2, 3):
        frames[0].save(f"animated-{d}.gif", save_all=True, append_images=frames[1:], disposal=d, duration=50)
    frames[0].save("animated-transparent.gif", save_all=True, append_images=frames[1:], disposal=2, transparency=1)
    offset_gif("offset.gif", pal, transparent=None)
    offset_gif("offset-transparent.gif", pal, transparent=3)
    offset_gif("offset-background.gif", pal, transparent=None, background=9)
    offset_gif("outside.gif", pal, transparent=None, screen=(W - 9, H - 5))
    im.convert("L").save("grey.gif")
    im.convert("1").save("bits.gif")
    # PNG
    im.quantize(16).save("trns-list.png", transparency=bytes(range(0, 160, 10)))
    im.save("trns-colour.png", transparency=im.getpixel((3, 3)))
    im.convert("L").save("trns-grey.png", transparency=im.convert("L").getpixel((3, 3)))
    im.quantize(4).save("palette-2.png", bits=2)
    im.quantize(2).save("palette-1.png", bits=1)
    adam7("interlaced.png", im)
    alpha = Image.fromarray(rng.integers(0, 255, (H, W), dtype=np.uint8))
    la = im.convert("LA")
    la.putalpha(alpha)
    la.save("la.png")
    rgba = im.convert("RGBA")
    rgba.putalpha(alpha)
    rgba.save("rgba.png")
    png16("rgb16.png", 2, 3)
    png16("rgba16.png", 6, 4)
    png16("la16.png", 4, 2)
    png16("grey16.png", 0, 1)
    png16("rgb16-trns.png", 2, 3, chunk(b"tRNS", struct.pack(">HHH", 1, 2, 3)))
    rows = b"".join(b"\0" + bytes(rng.integers(0, 256, (W + 1) // 2, dtype=np.uint8)) for _ in range(H))
    png("grey4.png", 0, 4, rows)
    rows = b"".join(b"\0" + bytes(rng.integers(0, 256, (W + 3) // 4, dtype=np.uint8)) for _ in range(H))
    png("grey2.png", 0, 2, rows)
    frames = [smooth(i) for i in range(2)]
    frames[0].save("animated.png", save_all=True, append_images=frames[1:])
    # JPEG
    for q in (30, 95):
        im.convert("CMYK").save(f"cmyk-{q}.jpg", quality=q, subsampling=0)
    for sub in (0, 1, 2):
        im.save(f"progressive-{sub}.jpg", progressive=True, subsampling=sub, quality=80)
    im.save("tiny-quality.jpg", quality=5)
    im.save("restart.jpg", quality=75, restart_marker_blocks=2)
    im.save("rgb-kept.jpg", quality=80, keep_rgb=True)
    for o in (2, 3, 5, 6, 8):
        exif = Image.Exif()
        exif[0x0112] = o
        im.save(f"turned-{o}.jpg", exif=exif, quality=90)
        im.save(f"turned-{o}.tif", exif=exif)
    exif = Image.Exif()
    exif[0x0112] = 6
    im.save("turned.png", exif=exif)
    im.save("turned.webp", exif=exif, quality=80)
    im.convert("CMYK").save("turned-cmyk.tif", exif=exif, compression="tiff_lzw")
    # WebP
    for q in (20, 90):
        im.save(f"lossy-{q}.webp", quality=q)
    rgba.save("alpha-lossy.webp", quality=80)
    rgba.save("alpha-lossless.webp", lossless=True)
    rgba.save("alpha-exact.webp", lossless=True, exact=True)
    frames = [smooth(i).convert("RGBA") for i in range(3)]
    frames[0].save("animated.webp", save_all=True, append_images=frames[1:], duration=50, quality=80)
    # BMP
    im.save("rgb.bmp")
    # TIFF
    im.convert("1").save("bits.tif")
    im.convert("1").save("g4.tif", compression="group4")
    for name in ("tiff_lzw", "jpeg", "tiff_adobe_deflate", "packbits"):
        im.save(f"{name.replace('tiff_', '')}.tif", compression=name)
    im.convert("YCbCr").save("ycbcr-lzw.tif", compression="tiff_lzw")
    im.convert("YCbCr").save("ycbcr-jpeg.tif", compression="jpeg")
    im.convert("YCbCr").save("ycbcr-whole.tif")
    ycbcr_tiff("ycbcr-11.tif", im)
    ycbcr_tiff("ycbcr-22.tif", im, (2, 2))
    ycbcr_tiff("ycbcr-21.tif", im, (2, 1))
    ycbcr_tiff("ycbcr-11-mm.tif", im, bigendian=True)
    for h, v in ((1, 1), (2, 1), (2, 2)):
        ycbcr_tiff(f"ycbcr-deflate-{h}{v}.tif", im, (h, v), deflate=True)
    rgba.save("rgba.tif")
    la.save("la.tif")
    pal.save("palette.tif")
    im.convert("L").save("grey.tif")
    im.convert("LAB").save("lab.tif")
    im.convert("CMYK").save("cmyk-lzw.tif", compression="tiff_lzw")
    Image.fromarray(rng.integers(0, 65536, (H, W), dtype=np.uint16)).save("grey16.tif")
    write_tiff("white-zero.tif", (255 - np.asarray(im.convert("L"))).tobytes(), photometric=0, samples=1)
    write_tiff("rgb16.tif", rng.integers(0, 65536, (H, W, 3)).astype("<u2").tobytes(), photometric=2, samples=3, bits=16)
    Image.fromarray(rng.random((H, W), dtype=np.float32)).save("float.tif")
    Image.fromarray(rng.integers(0, 2**31 - 1, (H, W)).astype(np.int32)).save("int32.tif")
    smooth().save("pages.tif", save_all=True, append_images=[smooth(1)])
    # AVIF
    for sub in ("4:4:4", "4:2:2", "4:2:0", "4:0:0"):
        im.save(f"avif-{sub.replace(':', '')}.avif", subsampling=sub, quality=80)
    rgba.save("alpha.avif", quality=80)
    files = {}
    for name in sorted(os.listdir(".")):
        if name.endswith(".json"):
            continue
        try:
            picture = Image.open(name)
            mode = picture.mode
            picture = picture.convert("RGB")
        except Exception as e:
            files[name] = dict(refused=f"{type(e).__name__}: {e}"[:100])
            continue
        files[name] = dict(mode=mode, size=picture.size, sha256=hashlib.sha256(picture.tobytes()).hexdigest())
    with open("digests.json", "w") as f:
        json.dump(dict(pillow=PIL.__version__, files=files), f, indent=1)
        f.write("\n")


def offset_gif(file, im, transparent, background=0, screen=None):
    """A frame that is smaller than the screen, or reaches beyond it."""
    import io
    b = io.BytesIO()
    im.save(b, "GIF", interlace=0, optimize=False)
    raw = bytearray(b.getvalue())
    w, h = im.size
    raw[6:10] = struct.pack("<HH", *(screen or (w + 7, h + 5)))
    raw[11] = background
    at = raw.index(b"\x2c\x00\x00\x00\x00")
    raw[at + 1:at + 5] = struct.pack("<HH", 3, 2)
    if transparent is not None:
        raw[at:at] = b"\x21\xf9\x04\x01\x00\x00" + bytes([transparent]) + b"\x00"
    with open(file, "wb") as f:
        f.write(raw)


if __name__ == "__main__":
    main()
