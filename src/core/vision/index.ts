/** Pixels to the tower's views, and back to the boxes in the image. */
export { checkBox, patchesInBoxes } from './boxes';
export { decodedPng, decodeImage, readImageSize } from './decode';
export type { Box, RgbImage } from './image';
export { MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE } from './limits';
export { prepareImage } from './prepare';
export { resize } from './resample';
export { patchesPerView, patchGrid, rowGrid, rowsPerView } from './rows';
