import { Fault } from '../core/fault.js';
import { formFields } from '../protocols/form.js';

/** What a user, or an old program, has entered in the form; empty where it is not there. */
export interface Entered {
  /** Empty too where it is no text in its charset: nobody has such a name, and the password may be all that counts. */
  readonly login: string;
  /** With the blanks around it, which may belong to it; empty where there is nothing else. */
  readonly password: string;
  readonly confirmation: string;
}

/** Reads a form of this Content-Type. What else old programs send need be no text. */
export function readEntered(form: Buffer, contentType: string): Entered {
  const fieldsOf = (...wanted: string[]) => [...formFields(form, contentType, (name) => wanted.includes(name))];
  const fields = fieldsOf('password', 'confirmation');
  const password = fieldOf('password', fields);
  return {
    login: fieldOf(
      'login',
      readable(() => fieldsOf('login')),
    ).trim(),
    password: password.trim() === '' ? '' : password,
    confirmation: fieldOf('confirmation', fields).trim(),
  };
}

type Fields = readonly (readonly [name: string, value: string])[];

/** Fields, none where they cannot be read. */
function readable(read: () => Fields): Fields {
  try {
    return read();
  } catch (error) {
    if (error instanceof Fault) return [];
    throw error;
  }
}

/** A field as it was sent; empty where there are several values. */
function fieldOf(field: string, fields: Fields): string {
  const values = fields.filter(([name]) => name === field).map(([, value]) => value);
  const [value = '', ...others] = new Set(values);
  return others.length === 0 ? value : '';
}
