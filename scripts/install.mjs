#!/usr/bin/env node
/** Installs packages when node_modules is not what package-lock.json says. */
import { ensureInstalled } from './lib/install.mjs';

ensureInstalled();
