/** How a ticket was asked for. */
export interface Asked {
  /** How long ago, in the words of the language; undefined where that is less than a minute. */
  readonly ago: string | undefined;
  /** Hours and minutes of UTC. */
  readonly time: string;
  /** From which address: the user's own one, one inside the network of the bridge, or another; undefined where unknown. */
  readonly from: { readonly whose: 'own' | 'inside' | 'other'; readonly address: string } | undefined;
}

/** How a credential is kept. */
interface HowKept {
  /** After how many days it ends at the latest; undefined where nothing but a sign-out ends it. */
  readonly days: number | undefined;
  /** Whether a password can be entered too. */
  readonly hasPassword: boolean;
}

/** What the pages say, in one language. `service` is the modern API, `program` the application, by their names. */
export interface Texts {
  readonly form: {
    readonly title: (service: string) => string;
    readonly text: (program: string, service: string) => string;
    /** When and from where the ticket was asked for, and what the user is to make of it. */
    readonly caution: (asked: Asked) => string;
    readonly secret: (service: string, credential: string) => string;
    /** Where a name and a password are taken: the name, what to do without a password, and the password. */
    readonly login: (service: string) => string;
    readonly loginHint: (credential: string) => string;
    readonly passwordOr: (credential: string) => string;
    /** The text of a link to the vendor's documentation of the credential. */
    readonly howToGetIt: (service: string) => string;
    readonly confirmation: string;
    readonly confirmationHint: string;
    readonly show: string;
    readonly hide: string;
    readonly submit: string;
    /** Where nothing is entered, but the user agrees at the service. */
    readonly goOn: (service: string) => string;
  };
  readonly problem: {
    readonly noSecret: (service: string, credential: string) => string;
    readonly noConfirmation: string;
    readonly refused: (service: string, credential: string) => string;
    readonly refusedLogin: (service: string) => string;
    /** Name and password are right, but the service asks for a code too. */
    readonly secondFactor: (service: string, credential: string) => string;
    readonly unconfirmed: string;
    /** The user came back from the service without having agreed. */
    readonly declined: (service: string) => string;
    /** The user came back from the service in another browser, twice, or with what it does not accept. */
    readonly notCompleted: (service: string) => string;
    /** The modern API does not serve whoever signed in at it. */
    readonly noAccess: (service: string) => string;
    readonly outage: (service: string) => string;
    readonly tooMany: string;
    readonly fromAnotherSite: string;
  };
  /** The user is signed in. */
  readonly done: {
    readonly title: string;
    /** `account` is its name; undefined where it is not known. */
    readonly text: (program: string, service: string, account: string | undefined) => string;
    /** What to do now; also where nothing else is known. */
    readonly next: string;
  };
  /** The ticket is unknown, spent or expired. */
  readonly over: {
    readonly title: string;
    readonly text: string;
    /** Where it is known which program it was for. */
    readonly textOf: (program: string, service: string) => string;
  };
  readonly failure: { readonly title: string; readonly text: string };
  readonly kept: {
    readonly title: string;
    readonly text: (program: string, service: string, how: HowKept) => string;
    /** As `text`, where the user agrees at the service. */
    readonly granted: (program: string, service: string, how: Pick<HowKept, 'days'>) => string;
    readonly undo: (program: string, service: string) => string;
  };
  readonly operator: {
    readonly runBy: (name: string) => string;
    /** Before an address for questions. */
    readonly contact: string;
  };
}

/** A text at the beginning of a line. */
export const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);
