/** Pixels to the tower's views, and back to the boxes in the image. */
export { patchesInBoxes } from './boxes';
export { decodedPng, decodeImage, readImageSize } from './decode';
export type { Box, RgbImage } from './image';
export { MAX_IMAGE_SIDE } from './limits';
export { prepareImage } from './prepare';
