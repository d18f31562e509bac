import type { Application } from '../applications/application.js';
import type { PendingTicket, TicketFacts } from '../vault/tickets.js';
import { howItWasAsked } from './asked.js';
import { catalogue, type Language } from './languages/catalogue.js';
import type { Texts } from './languages/texts.js';
import type { Field, FieldName, Operator, Page } from './page.js';

/** Who runs the bridge, as far as the operator says. */
export interface OperatorConfig {
  readonly name?: string | undefined;
  readonly contact?: { readonly text: string; readonly href: string } | undefined;
}

/** Why a form is shown again, and the field that it is about; of none where it is about no field alone. */
export interface Problem {
  readonly field?: FieldName;
  readonly text: string;
  /** The field to begin with where that is not `field`. */
  readonly begin?: FieldName | undefined;
}

/** The pages in one language. */
export interface Pages {
  /** Asks for the secret, or sends the user to the vendor; `user` is the address of who sees it, `action` that of the form. */
  readonly form: (pending: PendingTicket, user: string, problem?: Problem, action?: string) => Page;
  readonly done: (facts?: Omit<TicketFacts, 'isBroken'>) => Page;
  readonly over: (application?: Application) => Page;
  readonly failure: Page;
  readonly texts: Texts['problem'];
}

/** Gives the pages in each language. */
export function createPages(operator: OperatorConfig = {}): (language: Language) => Pages {
  const byLanguage: Partial<Record<Language, Pages>> = {};
  return (language) => {
    byLanguage[language] ??= pagesIn(language, operator);
    return byLanguage[language];
  };
}

function pagesIn(language: Language, operator: OperatorConfig): Pages {
  const texts = catalogue[language];
  const common = { language, operator: operatorIn(texts, operator) };
  return {
    form: (pending, user, problem, action) => {
      const { application } = pending;
      const { name, kind } = application;
      const fields = fieldsOf(application, texts, language).map((field) => ({
        ...field,
        problem: field.name === problem?.field ? problem.text : undefined,
      }));
      const { title, text, caution, show, hide, submit, goOn } = texts.form;
      return {
        ...common,
        title: title(kind.title),
        // What is wrong with a field that is not on the page, for a program had entered it, is said at its top.
        problem: fields.some((field) => field.problem !== undefined) ? undefined : problem?.text,
        text: text(name, kind.title),
        form: {
          caution: caution(howItWasAsked(pending, { now: Date.now(), user, language })),
          fields,
          focused: problem?.begin ?? problem?.field ?? (application.hasLogin ? 'login' : 'password'),
          show,
          hide,
          submit: canGoAway(application) ? goOn(kind.title) : submit,
          action,
        },
        kept: keptOf(application, texts),
      };
    },
    done: (facts) => {
      const { title, text, next } = texts.done;
      const page = { ...common, title, isSignedIn: true };
      if (!facts) return { ...page, text: next };
      const { application, login } = facts;
      const access = text(application.name, application.kind.title, login);
      return { ...page, text: `${access} ${next}`, kept: keptOf(application, texts) };
    },
    over: (application) => {
      const { title, text, textOf } = texts.over;
      return { ...common, title, text: application ? textOf(application.name, application.kind.title) : text };
    },
    failure: { ...common, ...texts.failure },
    texts: texts.problem,
  };
}

/** Whether users agree at the vendor, and enter nothing here. */
const canGoAway = ({ oauth }: Application) => oauth?.begin !== undefined;

function fieldsOf(application: Application, { form }: Texts, language: Language): Field[] {
  const { kind, hasLogin, confirmSignIn } = application;
  const { name, hint, url } = credentialIn(language, kind);
  const login: Field = {
    name: 'login',
    label: form.login(kind.title),
    hint: form.loginHint(name),
    attributes: 'autocomplete="username" autocapitalize="none"',
  };
  const secret: Field = {
    name: 'password',
    label: hasLogin ? form.passwordOr(name) : form.secret(kind.title, name),
    hint,
    link: url === undefined ? undefined : { href: url, text: form.howToGetIt(kind.title) },
    attributes: 'type="password" autocomplete="current-password" required',
  };
  const confirmation: Field = {
    name: 'confirmation',
    label: form.confirmation,
    hint: form.confirmationHint,
    attributes: 'autocomplete="off" autocapitalize="none" required',
  };
  const entered = canGoAway(application) ? [] : [...(hasLogin ? [login] : []), secret];
  return [...entered, ...(confirmSignIn ? [confirmation] : [])];
}

/** A credential in the words of a language; in English where its provider has none of that language. */
export function credentialIn(
  language: Language,
  { credential }: Application['kind'],
): Application['kind']['credential'] {
  return { ...credential, ...(language === 'en' ? {} : credential.translations?.[language]) };
}

function keptOf(application: Application, { kept }: Texts): NonNullable<Page['kept']> {
  const { name, kind, hasLogin, tokenDays } = application;
  const how = { days: tokenDays, hasPassword: hasLogin };
  const text = canGoAway(application) ? kept.granted(name, kind.title, how) : kept.text(name, kind.title, how);
  return { title: kept.title, paragraphs: [text, kept.undo(name, kind.title)] };
}

function operatorIn(texts: Texts, { name, contact }: OperatorConfig): Operator | undefined {
  if (name === undefined && !contact) return undefined;
  const { runBy, contact: questions } = texts.operator;
  const parts = [...(name === undefined ? [] : [runBy(name)]), ...(contact ? [questions] : [])];
  return { text: parts.join(' '), contact };
}
