/** A panel whose picture can be clicked: an empty set `clicked`, and the overlay drawn. */
import { FakeHost, type Engine } from './fake-host';

/** Curves come only when the test sends them. */
export async function openForClicks(engine: Engine): Promise<FakeHost> {
  const host = await FakeHost.open(engine, {}, (h) => (h.live = false));
  await host.edit({ sets: { clicked: { kind: 'patches', patches: [] } }, objects: [] });
  await host.page
    .locator('#cf-overlay-words')
    .getByText(/scaled to its largest/)
    .waitFor({ state: 'attached' });
  return host;
}
