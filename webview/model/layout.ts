/** How the panel's parts are arranged: what is open, which view is shown, how large things are. Pure. */
import type { PanelLayout, PanelSize, ViewName } from '../../src/protocol/panel';

/** Tabs in their order. */
const VIEWS: readonly { readonly name: ViewName; readonly title: string }[] = [
  { name: 'knockouts', title: 'Knockouts' },
  { name: 'lens', title: 'Logit lens' },
  { name: 'tokens', title: 'Tokens' },
  { name: 'flow', title: 'Token flow' },
];

export const INITIAL_LAYOUT: PanelLayout = { view: 'knockouts', side: 'lens', sizes: {}, open: {} };

/**
 * Room for the parts: one column with the knockouts among the tabs (`narrow`), picture and knockouts beside each other
 * above the other views (`beside`), or the picture beside a column of knockouts and views (`wide`).
 */
export type Room = 'narrow' | 'beside' | 'wide';
/** Least width of the panel, in CSS pixels, for each arrangement of two columns. */
export const BESIDE_FROM = 720;
export const WIDE_FROM = 1100;

export const roomFor = (width: number): Room =>
  width >= WIDE_FROM ? 'wide' : width >= BESIDE_FROM ? 'beside' : 'narrow';

/** The views that have a tab. */
export const tabsIn = (room: Room): typeof VIEWS =>
  room === 'narrow' ? VIEWS : VIEWS.filter(({ name }) => name !== 'knockouts');

export const shownView = (layout: PanelLayout, room: Room): ViewName => (room === 'narrow' ? layout.view : layout.side);

/** What changes when a person chooses a tab. */
export const choosing = (view: ViewName, room: Room): Partial<PanelLayout> => ({
  ...(room === 'narrow' ? { view } : {}),
  ...(view === 'knockouts' ? {} : { side: view }),
});

/** Is this view in sight? Nothing is computed for one that is not. */
export const inSight = (layout: PanelLayout, room: Room, view: ViewName): boolean =>
  view === 'knockouts' && room !== 'narrow'
    ? isOpen(layout, 'knockouts')
    : shownView(layout, room) === view && (room === 'narrow' || isOpen(layout, 'views'));

export const isOpen = (layout: PanelLayout, name: string, first = true): boolean => layout.open[name] ?? first;

/** A layout as it was saved, perhaps by another version: what is not known is left out. */
export function savedLayout(saved: Partial<PanelLayout> | undefined): PanelLayout {
  const known = (name: unknown): name is ViewName => VIEWS.some((v) => v.name === name);
  const { view, side, sizes, open } = saved ?? {};
  return {
    view: known(view) ? view : INITIAL_LAYOUT.view,
    side: known(side) && side !== 'knockouts' ? side : INITIAL_LAYOUT.side,
    sizes: Object.fromEntries(SIZES.flatMap((name) => (isSize(sizes?.[name]) ? [[name, sizes[name]]] : []))),
    open: Object.fromEntries(Object.entries(open ?? {}).filter(([, value]) => typeof value === 'boolean')),
  };
}

const SIZES: readonly PanelSize[] = ['picture', 'top', 'knockouts', 'split'];
const isSize = (v: unknown): v is number => typeof v === 'number' && Number.isFinite(v) && v > 0;
