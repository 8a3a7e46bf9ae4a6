/** Pixels to patches, and where each patch lies in the image. */
export { checkBox, patchesInBoxes } from './boxes';
export { decodedPng, decodeImage, readImageSize } from './decode';
export { patchAt, patchesInRect } from './geometry';
export type * from './image';
export type { Size, VisionShape } from './layout';
export { MAX_IMAGE_BYTES, MAX_IMAGE_PIXELS, MAX_IMAGE_SIDE } from './limits';
export { imageGeometry, prepareImage } from './prepare';
export { resize } from './resample';
