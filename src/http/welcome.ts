import type { RequestHandler } from 'express';

const PAGE = `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="data:,">
<title>BoxBridge</title>
</head>
<body>
<main>
<h1>BoxBridge</h1>
<p>This is no site for browsers. Old programs that speak the Box.net API 1.0 call here, and BoxBridge answers them from
modern account APIs.</p>
<p>Its documentation is <code>README.md</code>, in the npm package <code>boxbridge</code> and with its source. The SOAP
interface is described by its <a href="/api/1.0/soap?wsdl">WSDL</a>, and in document/literal by
<a href="/api/1.0/soap?wsdl=literal">another one</a>.</p>
</main>
</body>
</html>
`;

/** Tells a browser at `/` what this is; a program goes on, and is answered in its own format. */
export const welcome: RequestHandler = (request, response, next) => {
  const { method, headers } = request;
  const wantsHtml = /\btext\/html\b/i.test(headers.accept ?? '');
  // The Accept header that Java sends by itself names HTML.
  const isProgram = /^Java\//.test(headers['user-agent'] ?? '');
  if (method !== 'GET' || request.url !== '/' || !wantsHtml || isProgram) return next();
  response
    .set({
      'Content-Security-Policy':
        "default-src 'none'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      'Cache-Control': 'no-store',
      'X-Content-Type-Options': 'nosniff',
    })
    .type('html')
    .send(PAGE);
};
