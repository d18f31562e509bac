import type { Adapter, AdapterPayload } from 'oidc-provider';

/** What an authorization server keeps, in memory: by kind and id, as long as it runs. Who reads it looks at the end of each. */
export function createVendorAdapter(): (kind: string) => Adapter {
  const all = new Map<string, AdapterPayload>();
  return (kind) => {
    const keyOf = (id: string) => `${kind} ${id}`;
    const findBy = (fits: (payload: AdapterPayload) => boolean) =>
      [...all].find(([key, payload]) => key.startsWith(`${kind} `) && fits(payload))?.[1];
    return {
      upsert: async (id, payload) => {
        all.set(keyOf(id), payload);
      },
      find: async (id) => all.get(keyOf(id)),
      findByUserCode: async (userCode) => findBy((payload) => payload.userCode === userCode),
      findByUid: async (uid) => findBy((payload) => payload.uid === uid),
      consume: async (id) => {
        const payload = all.get(keyOf(id));
        if (payload) all.set(keyOf(id), { ...payload, consumed: Math.floor(Date.now() / 1000) });
      },
      destroy: async (id) => {
        all.delete(keyOf(id));
      },
      revokeByGrantId: async (grantId) => {
        for (const [key, payload] of all) if (payload.grantId === grantId) all.delete(key);
      },
    };
  };
}
