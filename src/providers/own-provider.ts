import { Fault, reasons } from '../core/fault.js';
import { createMask } from '../core/secrets.js';
import { messageOf, ProviderDefect, stackOf } from '../shared/errors.js';
import { inTime } from '../shared/in-time.js';
import { isRecord } from './common.js';
import type { Account, Provider } from './provider.js';

/**
 * A provider in a module of its own, whose author's errors are ProviderDefects: what a method throws that is no Fault, and
 * what a read gives that is no account or plan. A write that went well is never one. A method that does not settle in the
 * time that is left, in milliseconds, is `unavailable`.
 */
export function ownProvider(provider: Provider, timeLeft: () => number): Provider {
  const guarded = guardWith(timeLeft);
  const { login, readAccount, readAccountOf, updateAccount, changePassword } = provider;
  const { deleteAccount, createAccount, findAccounts, readPlan } = provider;
  return {
    login: login && guarded(login, checkCredential, (...secrets) => secrets),
    readAccount: guarded(readAccount, checkAccount),
    readAccountOf: readAccountOf && guarded(readAccountOf, checkAccount),
    updateAccount: updateAccount && { ...updateAccount, send: written(guarded(updateAccount.send)) },
    changePassword:
      changePassword &&
      written(
        guarded(
          changePassword,
          () => {},
          (...secrets) => secrets,
        ),
      ),
    deleteAccount: deleteAccount && guarded(deleteAccount),
    createAccount: createAccount && guarded(createAccount),
    findAccounts: findAccounts && guarded(findAccounts, checkAccounts),
    readPlan: readPlan && guarded(readPlan, checkPlan),
  } satisfies { readonly [Method in keyof Required<Provider>]: Provider[Method] };
}

/**
 * Guards a method: its errors are ProviderDefects, in the author's own words without the secrets that it was given. `check`
 * throws for a result that is none.
 */
function guardWith(timeLeft: () => number) {
  return <Parameters extends [first: string, ...unknown[]], Result>(
    method: (...parameters: Parameters) => Promise<Result>,
    check: (result: Result) => void = () => {},
    secretsIn: (...parameters: Parameters) => string[] = (...[credential]) => [credential],
  ): ((...parameters: Parameters) => Promise<Result>) =>
    async (...parameters) => {
      try {
        const result = await inTime(() => method(...parameters), timeLeft(), 'the provider gave nothing in time');
        check(result);
        return result;
      } catch (error) {
        throw withoutSecrets(error, createMask(secretsIn(...parameters)));
      }
    };
}

/** What a method threw, as the bridge takes it: a Fault, or a ProviderDefect. */
function withoutSecrets(error: unknown, hide: (text: string) => string): Error {
  if (!(error instanceof Fault) || error.reason === 'internal') {
    return hidden(error instanceof Fault ? (error.cause ?? error) : error, hide);
  }
  if (!reasons.includes(error.reason)) return hidden(new Error(`no reason of a Fault: ${error.reason}`), hide);
  if (error.cause === undefined || hide(messageOf(error.cause)) === messageOf(error.cause)) return error;
  const { reason, explanation, about, upstreamMessage, http, retryAfter } = error;
  const cause = hidden(error.cause, hide);
  return new Fault(reason, { explanation, about, upstreamMessage, http, retryAfter, cause });
}

function hidden(error: unknown, hide: (text: string) => string): ProviderDefect {
  const stack = stackOf(error);
  return new ProviderDefect(hide(messageOf(error)), stack === undefined ? undefined : hide(stack));
}

/** A write whose result may be nothing: the account is read again. */
function written<Parameters extends unknown[]>(
  write: (...parameters: Parameters) => Promise<Partial<Account>>,
): (...parameters: Parameters) => Promise<Partial<Account>> {
  return async (...parameters) => {
    const known = await write(...parameters);
    return isRecord(known) ? known : {};
  };
}

function checkCredential(credential: unknown): void {
  if (typeof credential !== 'string' || credential === '') throw new Error('a credential is no text');
}

/** Throws an Error that names what is missing of an account, or is of another type. */
function checkAccount(account: unknown): void {
  if (!isRecord(account)) throw new Error('an account is no object');
  const { nativeId, login, email, attributes, ...rest } = account;
  if (typeof nativeId !== 'string' || nativeId === '') throw new Error('an account has no nativeId');
  for (const [name, value] of Object.entries({ login, email })) {
    if (typeof value !== 'string') throw new Error(`an account has no ${name}`);
  }
  if (!isRecord(attributes)) throw new Error('an account has no attributes');
  for (const name of ['name', 'pendingEmail', 'avatarUrl', 'languageCode', 'planId']) {
    if (typeof (rest[name] ?? '') !== 'string') throw new Error(`${name} of an account is no string`);
  }
  if (typeof (rest.proposedUserId ?? 0) !== 'number') throw new Error('proposedUserId of an account is no number');
  for (const name of ['spaceAmount', 'spaceUsed', 'maxUploadSize']) {
    const isUnlimited = name === 'spaceAmount' && rest[name] === 'unlimited';
    if (!isUnlimited && !isSize(rest[name])) throw new Error(`${name} of an account is no bigint`);
  }
}

function checkAccounts(accounts: unknown): void {
  if (!Array.isArray(accounts)) throw new Error('the accounts are no array');
  accounts.forEach(checkAccount);
}

/** Throws an Error that names what is missing of a plan, or is of another type. */
function checkPlan(plan: unknown): void {
  if (!isRecord(plan)) throw new Error('a plan is no object');
  if (!isRecord(plan.limits)) throw new Error('a plan has no limits');
  for (const [name, value] of Object.entries(plan.limits)) {
    if (!isSize(value)) throw new Error(`${name} of a plan is no bigint`);
  }
  if (!isRecord(plan.attributes)) throw new Error('a plan has no attributes');
}

const isSize = (value: unknown) => typeof (value ?? 0n) === 'bigint';
