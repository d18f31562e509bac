/** A browser without a window: it keeps cookies, follows redirects, and shows the last page. */
export interface CookieBrowser {
  readonly open: (url: string, form?: Readonly<Record<string, string>>) => Promise<BrowserPage>;
  /** The cookies that it has, by name. */
  readonly cookies: Map<string, string>;
}

export interface BrowserPage {
  readonly url: string;
  readonly status: number;
  readonly text: string;
  readonly headers: Headers;
}

/** `stopAt` says which redirects are not followed: then the page is the reply that redirects. */
export function createCookieBrowser(stopAt: (target: string) => boolean = () => false): CookieBrowser {
  const cookies = new Map<string, string>();
  const request = async (url: string, form?: Readonly<Record<string, string>>): Promise<BrowserPage> => {
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { Cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') },
      ...(form && { method: 'POST', body: new URLSearchParams(form) }),
    });
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (value === '') cookies.delete(name);
      else cookies.set(name, value);
    }
    const location = response.headers.get('Location');
    const target = location === null ? undefined : new URL(location, url).href;
    if (target === undefined || stopAt(target))
      return { url, status: response.status, text: await response.text(), headers: response.headers };
    await response.body?.cancel();
    return request(target);
  };
  return { open: request, cookies };
}
