/** What a provider of one's own needs; see `examples/`. */
export { Fault, type Reason } from '../fault.js';
export type { Send, UpstreamRequest } from '../http.js';
export { integerOf, isObject, type Json, type JsonObject, textOf } from '../json.js';
export { complaintIn, type Refusal, type RefusalRule } from '../upstream/answer.js';
export { authorization, headerText, nativeIdOf } from './common.js';
export type { Account, AccountChanges, Plan, Provider, ProviderKind, ProviderSettings } from './provider.js';
