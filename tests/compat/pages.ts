/** The pages of docs/ that are made from the table. */
import { renderErrors } from './errors.ts';
import { render } from './render.ts';

export const pages: Record<string, () => string> = { 'compatibility.md': render, 'errors.md': renderErrors };
