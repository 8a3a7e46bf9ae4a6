/**
 * Most pixels of a picture, in a file or padded to a square: Pillow refuses more as a decompression bomb
 * (twice its MAX_IMAGE_PIXELS). As RGB this is half a gigabyte.
 */
export const MAX_IMAGE_PIXELS = 178_956_970;

/** Most pixels along one side: what JPEG can say. Keeps the weights of one resize below a megabyte or so. */
export const MAX_IMAGE_SIDE = 65_535;

/** Most bytes of an image file; enough for MAX_IMAGE_PIXELS without compression at 16 bits a channel. */
export const MAX_IMAGE_BYTES = 1_200_000_000;
