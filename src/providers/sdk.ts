/** The public interface for a provider in a module of its own; see `examples/`. */
export { Fault, type Reason } from '../core/fault.js';
export { integerOf, isObject, type Json, type JsonObject, textOf } from '../shared/json.js';
export type { Setting, Settings, SettingValues } from '../shared/setting.js';
export type { IsRefusal, Refusal, UpstreamReason } from '../upstream/refusals.js';
export type { Send, UpstreamRequest } from '../upstream/request.js';
export { type ErrorMapping, extractMessage } from '../upstream/response.js';
export { accountAfterWrite, authorization, headerText, nativeIdOf } from './common.js';
export type {
  Account,
  AccountChanges,
  ConnectOptions,
  OAuthDescription,
  Plan,
  Provider,
  ProviderKind,
} from './provider.js';
