/** What a reader should know of a picture that is read otherwise than they may expect. */
import type { Metadata } from 'sharp';

/** One sentence each; none for nearly every picture. */
export function notesOn({ format, space, hasAlpha, orientation, compression }: Metadata): string[] {
  const notes: string[] = [];
  if (format === 'heif' && compression === 'av1') {
    notes.push(
      'AVIF: colours differ a little from what Pillow reads, so results may too; save it as PNG for equal ones',
    );
  }
  if (space === 'grey16' && !hasAlpha) {
    notes.push('16-bit grey: the upper 8 bits are kept, where Pillow makes all above 255 white');
  }
  // Of TIFF alone Pillow applies it, and so does decodeImage.
  if (format !== 'tiff' && format !== 'heif' && orientation !== undefined && orientation > 1) {
    notes.push(
      `EXIF orientation ${orientation} is not applied, as in the published runs: viewers show the picture turned or mirrored, and boxes drawn there do not fit`,
    );
  }
  return notes;
}
