/** What a provider of one's own needs; see `examples/`. */
export { Fault, type Reason } from '../fault.js';
export { complaintIn, type Refusal, type RefusalRule, type Send, type UpstreamRequest } from '../http.js';
export { integerOf, isObject, type Json, type JsonObject, textOf } from '../json.js';
export { authorization, headerText, nativeIdOf } from './common.js';
export type { Account, AccountChanges, Plan, Provider, ProviderKind, ProviderSettings } from './provider.js';
