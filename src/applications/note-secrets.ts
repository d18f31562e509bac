import type { Provider } from '../providers/provider.js';

/** A provider that adds the secrets that its methods are given to a list: the credential, the passwords, and what a login gives. */
export function noteSecrets(provider: Provider, secrets: string[]): Provider {
  const note = (...given: readonly string[]) => {
    for (const secret of given) if (!secrets.includes(secret)) secrets.push(secret);
  };
  /** For a method whose credential is its only secret. */
  const noting =
    <Rest extends unknown[], Result>(method: (credential: string, ...rest: Rest) => Result) =>
    (credential: string, ...rest: Rest): Result => {
      note(credential);
      return method(credential, ...rest);
    };
  const { login, readAccount, readAccountOf, updateAccount, changePassword } = provider;
  const { deleteAccount, createAccount, findAccounts, readPlan } = provider;
  // A method that is missing here does not compile.
  return {
    login:
      login &&
      (async (name, password) => {
        note(name, password);
        const credential = await login(name, password);
        note(credential);
        return credential;
      }),
    readAccount: noting(readAccount),
    readAccountOf: readAccountOf && noting(readAccountOf),
    updateAccount: updateAccount && { ...updateAccount, send: noting(updateAccount.send) },
    changePassword:
      changePassword &&
      ((credential, current, next) => {
        note(credential, current, next);
        return changePassword(credential, current, next);
      }),
    deleteAccount: deleteAccount && noting(deleteAccount),
    createAccount: createAccount && noting(createAccount),
    findAccounts: findAccounts && noting(findAccounts),
    readPlan: readPlan && noting(readPlan),
  } satisfies { readonly [Method in keyof Required<Provider>]: Provider[Method] };
}
