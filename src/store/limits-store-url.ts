/** Whether it is a URL whose parts are what the operator meant: special characters of the password are encoded. */
export function isLimitsStore(url: string): boolean {
  if (!/^(valkey|redis)s?:\/\/\S+$/.test(url) || !URL.canParse(url) || /%(?![0-9a-f]{2})/i.test(url)) return false;
  const { hostname, pathname, search, hash } = new URL(url);
  return hostname !== '' && /^(\/\d{0,5})?$/.test(pathname) && search === '' && hash === '';
}

/** Host, port and database, for the operator: the parts that are no secret. */
export function nameOfLimitsStore(url: string): string {
  const { host, pathname } = new URL(url);
  return `${host}${pathname}`;
}
