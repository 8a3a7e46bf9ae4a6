#!/usr/bin/env node
/** Renders media/icon.svg to media/icon.png; the manifest's icon must be a PNG. */
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Resvg } from '@resvg/resvg-js';
import { root } from './lib/project.mjs';

/** Twice the size that the gallery shows. */
const WIDTH = 256;

const svg = readFileSync(path.join(root, 'media/icon.svg'), 'utf8');
writeFileSync(
  path.join(root, 'media/icon.png'),
  new Resvg(svg, { fitTo: { mode: 'width', value: WIDTH } }).render().asPng(),
);
