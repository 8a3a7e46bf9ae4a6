/** How files of pictures end, of the formats that can be decoded; the menu of the explorer names the same. */
export const PICTURE_ENDINGS = ['jpg', 'jpeg', 'png', 'webp', 'gif', 'tif', 'tiff', 'avif'] as const;
