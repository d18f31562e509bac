import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { Router } from 'express';
import { folder } from './views.js';

const require = createRequire(import.meta.url);
const css = 'text/css; charset=utf-8';
const javascript = 'text/javascript; charset=utf-8';

/** The files that the pages load, by their names in the URL: nothing else is served. */
const assets: Readonly<Record<string, { readonly file: string | URL; readonly type: string }>> = {
  'console.css': { file: new URL('console.css', folder), type: css },
  'console.js': { file: new URL('console.js', folder), type: javascript },
  'charts.js': { file: new URL('charts.js', folder), type: javascript },
  'icon.svg': { file: new URL('icon.svg', folder), type: 'image/svg+xml' },
  'htmx.js': { file: require.resolve('htmx.org/dist/htmx.min.js'), type: javascript },
  'uplot.js': { file: require.resolve('uplot/dist/uPlot.iife.min.js'), type: javascript },
  'uplot.css': { file: require.resolve('uplot/dist/uPlot.min.css'), type: css },
};

/** Serves the files of the pages. Express gives each an ETag, by which a browser that has it is told so. */
export function assetsRouter(): Router {
  const router = Router();
  for (const [name, { file, type }] of Object.entries(assets)) {
    router.get(`/${name}`, async (_request, response) => {
      response
        .set('Cache-Control', 'no-cache')
        .type(type)
        .send(await readFile(file));
    });
  }
  return router;
}
