/** Which look (colour, dash, marker) each curve has: core knows, for exported figures have the same. */
export { lookName, looksOf } from '../../src/protocol/panel';
