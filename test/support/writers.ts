export type Texts = Readonly<Record<string, string>>;

/** How a client of each format writes the body of a call. */
const writers: Readonly<Record<string, (action: string, parameters: Texts) => string>> = {
  rest: (action, parameters) => new URLSearchParams({ action, ...parameters }).toString(),
  xml: (action, parameters) => `<request><action>${action}</action>${elements(parameters)}</request>`,
  soap: (action, parameters) =>
    `<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><t:${action} xmlns:t="urn:boxnet">${elements(parameters)}</t:${action}></e:Body></e:Envelope>`,
};
export const formats = Object.keys(writers);

function elements(parameters: Texts): string {
  const escaped = (text: string) => text.replace(/[&<>\r]/g, (character) => `&#${character.charCodeAt(0)};`);
  return Object.entries(parameters)
    .map(([name, value]) => `<${name}>${escaped(value)}</${name}>`)
    .join('');
}

/** What a bridge replies to a call in a format, in which it is posted. */
export async function call(bridge: string, format: string, action: string, parameters: Texts): Promise<string> {
  const body = writers[format]?.(action, parameters) ?? '';
  const response = await fetch(`${bridge}/api/1.0/${format}`, { method: 'POST', body });
  return response.text();
}
