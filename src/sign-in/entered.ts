import { formFields } from '../protocols/form.js';

/** What a user, or an old program, has entered in the form; empty where it is not there. */
export interface Entered {
  readonly login: string;
  /** With the blanks around it, which may belong to it; empty where there is nothing else. */
  readonly password: string;
  readonly confirmation: string;
}

/** The fields that are read; what else old programs send need be no text. */
const wanted: ReadonlySet<string> = new Set(['login', 'password', 'confirmation']);

/** Reads a form of this Content-Type. */
export function readEntered(form: Buffer, contentType: string): Entered {
  const fields = [...formFields(form, contentType, (name) => wanted.has(name))];
  const password = fieldOf('password', fields);
  return {
    login: fieldOf('login', fields).trim(),
    password: password.trim() === '' ? '' : password,
    confirmation: fieldOf('confirmation', fields).trim(),
  };
}

/** A field as it was sent; empty where there are several values. */
function fieldOf(field: string, fields: readonly (readonly [name: string, value: string])[]): string {
  const values = fields.filter(([name]) => name === field).map(([, value]) => value);
  const [value = '', ...others] = new Set(values);
  return others.length === 0 ? value : '';
}
