/** The engine's PNG as something to draw. Rejects when the page cannot read it. */
export async function loadPicture(png: Uint8Array): Promise<HTMLImageElement> {
  const uri = URL.createObjectURL(new Blob([png.slice()], { type: 'image/png' }));
  const image = new Image();
  try {
    await new Promise<unknown>((resolve, reject) => {
      image.onload = resolve;
      image.onerror = () => reject(new Error('the picture cannot be shown'));
      image.src = uri;
    });
  } finally {
    URL.revokeObjectURL(uri);
  }
  return image;
}
