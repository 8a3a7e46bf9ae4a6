/** Figures to files: SVG, PNG and PDF. The same numbers give the same bytes. */
import type { VegaLiteSpec } from './figure-data';
import { fontSubset } from './font-subset';
import { FONT_FILES, FONT_NAME, fontPath, type FontFile } from './fonts';
import { embedFonts, lettersOf } from './svg-fonts';
import { measureText } from './text-width';
import { crc32 } from 'node:zlib';

export type FigureFormat = 'svg' | 'png' | 'pdf';

/** CSS pixels and PDF points an inch. */
const [CSS_DPI, PDF_DPI] = [96, 72];
/** What journals ask for. */
const PRINT_DPI = 300;

/** A figure in one format. */
export async function renderFigure(spec: VegaLiteSpec, format: FigureFormat): Promise<Uint8Array> {
  return svgTo(format, await renderSvg(spec));
}

/** A figure in every format. */
export async function renderAll(spec: VegaLiteSpec): Promise<Readonly<Record<FigureFormat, Uint8Array>>> {
  const svg = await renderSvg(spec);
  return { svg: await svgTo('svg', svg), png: await svgTo('png', svg), pdf: await svgTo('pdf', svg) };
}

async function svgTo(format: FigureFormat, svg: string): Promise<Uint8Array> {
  switch (format) {
    case 'svg':
      return Buffer.from(await embedFonts(svg));
    case 'png':
      return svgToPng(svg, { dpi: PRINT_DPI });
    case 'pdf':
      return svgToPdf(svg);
  }
}

/** Vega exports this, its types do not tell. */
interface MeasuringVega {
  readonly textMetrics: { width: Awaited<ReturnType<typeof measureText>> };
}

/** Without fonts in it: see embedFonts(). Loaded when first needed: Vega is large, and most commands draw nothing. */
export async function renderSvg(spec: VegaLiteSpec): Promise<string> {
  const [vega, vegaLite] = await Promise.all([import('vega'), import('vega-lite')]);
  (vega as unknown as MeasuringVega).textMetrics.width = await measureText();
  // Clip paths and gradients are numbered from 1 in each figure, whatever was drawn before it.
  vega.resetSVGDefIds();
  const { spec: compiled } = vegaLite.compile(spec);
  const view = new vega.View(vega.parse(compiled), { renderer: 'none', logLevel: vega.Error });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

async function svgToPng(svg: string, { dpi }: { readonly dpi: number }): Promise<Uint8Array> {
  const { Resvg } = await import('@resvg/resvg-js');
  const image = new Resvg(svg, {
    fitTo: { mode: 'zoom', value: dpi / CSS_DPI },
    font: { fontFiles: FONT_FILES.map(fontPath), loadSystemFonts: false, defaultFontFamily: FONT_NAME },
  }).render();
  return withResolution(image.asPng(), dpi);
}

/** Vector PDF, one page as large as the figure, with the glyphs it uses embedded. */
async function svgToPdf(svg: string): Promise<Uint8Array> {
  const [{ default: PDFDocument }, { default: drawSvg }] = await Promise.all([
    import('pdfkit'),
    import('svg-to-pdfkit'),
  ]);
  const [width, height] = sizeOf(svg).map((pixels) => (pixels * PDF_DPI) / CSS_DPI) as [number, number];
  const pdf = new PDFDocument({
    size: [width, height],
    margin: 0,
    // No standard font, only those registered below.
    font: '',
    // The date would make the bytes differ from run to run; the file's id is made of it.
    info: { Producer: 'Crossflow', Creator: 'Crossflow', CreationDate: new Date(0) },
  });
  // pdfkit embeds what is used, but reads the whole font first; a subset is read far sooner.
  for (const [file, letters] of lettersOf(svg)) pdf.registerFont(file, Buffer.from(await fontSubset(file, letters)));
  const pieces: Buffer[] = [];
  pdf.on('data', (piece: Buffer) => pieces.push(piece));
  const ended = new Promise<void>((resolve, reject) => {
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  const problems: string[] = [];
  drawSvg(pdf, svg, 0, 0, {
    width,
    height,
    assumePt: false,
    fontCallback: (_family, bold): FontFile => (bold ? 'DejaVuSans-Bold.ttf' : 'DejaVuSans.ttf'),
    warningCallback: (message) => problems.push(message),
  });
  if (problems.length > 0) throw new Error(`a figure cannot be drawn as PDF: ${problems.join('; ')}`);
  pdf.end();
  await ended;
  return Buffer.concat(pieces);
}

/** Width and height of a figure in CSS pixels. */
function sizeOf(svg: string): [number, number] {
  const [, width, height] = /<svg[^>]* width="([\d.]+)" height="([\d.]+)"/.exec(svg) ?? [];
  return [Number(width), Number(height)];
}

/** Signature (8 bytes) and IHDR chunk (4 length, 4 name, 13 data, 4 checksum), always first. */
const AFTER_HEADER = 8 + 25;
const INCH_IN_METRES = 0.0254;

/** Says in a PNG how large it is on paper: a pHYs chunk after the header (PNG specification, 11.3.4.3). */
function withResolution(png: Uint8Array, dpi: number): Uint8Array {
  const perMetre = Math.round(dpi / INCH_IN_METRES);
  const chunk = Buffer.alloc(4 + 4 + 9 + 4);
  chunk.writeUInt32BE(9, 0);
  chunk.write('pHYs', 4, 'latin1');
  chunk.writeUInt32BE(perMetre, 8);
  chunk.writeUInt32BE(perMetre, 12);
  // Unit: metre.
  chunk.writeUInt8(1, 16);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 17)), 17);
  return Buffer.concat([png.subarray(0, AFTER_HEADER), chunk, png.subarray(AFTER_HEADER)]);
}
