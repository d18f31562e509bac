import { hasPrefixed } from '../../core/actions.js';
import type { XmlElement } from '../document/reader.js';
import { parameterName } from '../parameters.js';
import { childNamed, createTextOf, isNil, type TextOf } from './elements.js';
import type { Resolve } from './references.js';

/** A value as the caller named it. */
interface Argument {
  readonly name: string;
  readonly element: XmlElement;
}

/**
 * The parameters in an operation, each value with its name. Where the action knows none of the names, they count in the
 * order of the message parts: callers without the WSDL make up names. A single struct, Map or wrapper is opened first,
 * unless its name is known and none within it is: that is a list of values.
 */
export function* argumentsOf(
  operation: XmlElement,
  parts: readonly string[],
  resolve: Resolve,
): Generator<[name: string, value: string], void> {
  const isKnown = ({ name }: Argument) => parts.includes(parameterName(name)) || hasPrefixed(operation.local, name);
  const opened = (found: readonly Argument[]): readonly Argument[] => {
    const [only, ...others] = found;
    if (!only || others.length > 0 || only.element.children.length === 0) return found;
    const members = membersOf(only.element, resolve);
    return isKnown(only) && !members.some(isKnown) ? found : opened(members);
  };
  const found = opened(membersOf(operation, resolve));
  const isByName = found.some(isKnown);
  const textOf = createTextOf();
  for (const [position, { name, element }] of found.entries()) {
    const counted = isByName ? name : (parts[position] ?? name);
    for (const value of valuesOf(element, resolve, textOf)) yield [counted, value];
  }
}

/**
 * The members of a struct, or the entries of a Map, of JAXB or of Apache:
 * https://ws.apache.org/axis/java/user-guide.html#WhatAxisCanSend.
 */
function membersOf({ children }: XmlElement, resolve: Resolve): Argument[] {
  return children.map((child) => {
    const element = resolve(child);
    const isEntry = child.local === 'item' || child.local === 'entry';
    const key = isEntry ? childNamed(element, 'key') : undefined;
    const value = key && childNamed(element, 'value');
    return value ? { name: resolve(key).text.trim(), element: resolve(value) } : { name: child.local, element };
  });
}

/** The values of an argument: its text, or the texts of its items; empty where it is nil. */
function* valuesOf(element: XmlElement, resolve: Resolve, textOf: TextOf): Generator<string, void> {
  if (isNil(element)) yield '';
  else if (element.children.length === 0) yield textOf(element);
  else for (const item of element.children) yield textOf(resolve(item));
}
