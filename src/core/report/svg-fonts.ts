export async function embedFonts(svg: string): Promise<string> {
  return svg;
}
