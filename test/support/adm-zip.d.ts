/** The little of adm-zip that tests use; the package has no types. */
declare module 'adm-zip' {
  export default class AdmZip {
    constructor(file: string);
    getEntries(): { readonly entryName: string; readonly header: { readonly size: number; readonly attr: number } }[];
    extractAllTo(folder: string, overwrite?: boolean): void;
  }
}
