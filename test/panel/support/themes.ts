/**
 * The editor's themes as a webview sees them: a class on the body and variables on the root. themes.json holds the values
 * of those variables that our pages use, read from a real VS Code (Default Dark Modern, Default Light Modern, Default High
 * Contrast, Default High Contrast Light).
 */
import values from './themes.json';

export type ThemeName = keyof typeof values;
export const THEMES = Object.keys(values) as ThemeName[];

const CLASSES: Record<ThemeName, string> = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  'hc-dark': 'vscode-high-contrast',
  // Light high contrast carries both classes.
  'hc-light': 'vscode-high-contrast vscode-high-contrast-light',
};

export const themeOf = (name: ThemeName): { classes: string; variables: Record<string, string> } => ({
  classes: CLASSES[name],
  variables: values[name],
});
