/** What of svg-to-pdfkit is used; the package has no types of its own. */
declare module 'svg-to-pdfkit' {
  export default function svgToPdf(
    document: PDFKit.PDFDocument,
    svg: string,
    x: number,
    y: number,
    options: {
      width: number;
      height: number;
      /** Pixels of the SVG are points of the page. */
      assumePt: boolean;
      fontCallback(family: string, bold: boolean, italic: boolean): string;
      warningCallback(message: string): void;
    },
  ): void;
}
