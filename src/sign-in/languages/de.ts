import { type Asked, capitalised, type Texts } from './texts.js';

export const de: Texts = {
  form: {
    title: (service) => `Bei ${service} anmelden`,
    text: (program, service) => `${program} bittet um Zugriff auf Ihr Konto bei ${service}.`,
    caution: (asked) =>
      `Die Anfrage kam ${asked.ago ?? 'vor weniger als einer Minute'}, um ${asked.time} Uhr UTC${whence(asked)}. Fahren Sie nur fort, wenn Sie das gerade selbst begonnen haben. Hat Ihnen jemand die Adresse dieser Seite geschickt, schließen Sie die Seite: Der Absender bekäme Zugriff auf Ihr Konto.`,
    secret: (service, credential) => `${capitalised(credential)} von ${service}`,
    login: (service) => `Name oder E-Mail-Adresse bei ${service}`,
    loginHint: (credential) => `Leer lassen, wenn Sie kein Passwort eingeben, sondern: ${credential}.`,
    passwordOr: (credential) => `Passwort oder ${credential}`,
    howToGetIt: (service) => `So bekommen Sie es (Dokumentation von ${service})`,
    confirmation: 'Code Ihres Programms',
    confirmationHint: 'Die ersten vier Zeichen des Tickets, das Ihr Programm anzeigt.',
    show: 'Anzeigen',
    hide: 'Verbergen',
    submit: 'Anmelden',
    goOn: (service) => `Weiter bei ${service}`,
  },
  problem: {
    noSecret: (service) => `Geben Sie hier ein, womit Sie sich bei ${service} anmelden.`,
    noConfirmation: 'Geben Sie den Code ein, den Ihr Programm anzeigt.',
    refused: (service) =>
      `${service} hat diese Eingabe nicht angenommen. Prüfen Sie sie und versuchen Sie es noch einmal.`,
    refusedLogin: (service) =>
      `${service} hat diesen Namen mit diesem Passwort nicht angenommen. Prüfen Sie beides und versuchen Sie es noch einmal.`,
    secondFactor: (service, credential) =>
      `${service} verlangt für dieses Konto außer dem Passwort einen Einmalcode, der hier nicht eingegeben werden kann. Lassen Sie den Namen leer und geben Sie statt des Passworts dies ein: ${credential}.`,
    unconfirmed:
      'Das ist nicht der Code, den Ihr Programm anzeigt. Zeigt Ihr Programm keinen an, hat Sie jemand anders hierher geschickt: Schließen Sie diese Seite.',
    declined: (service) =>
      `${service} meldet, dass Sie nicht zugestimmt haben. Es wird nichts aufbewahrt. Fahren Sie nur fort, wenn Sie es noch einmal versuchen möchten.`,
    notCompleted: (service) =>
      `Die Anmeldung bei ${service} wurde hier nicht abgeschlossen. Beginnen Sie noch einmal, und beenden Sie sie in diesem Browser.`,
    noAccess: (service) =>
      `${service} hat Ihre Anmeldung angenommen, gibt aber keinen Zugriff auf dieses Konto. Versuchen Sie es mit einem anderen Konto, oder fragen Sie die Administration von ${service}.`,
    outage: (service) =>
      `${service} antwortet gerade nicht. Es ist nichts verloren: Versuchen Sie es gleich noch einmal.`,
    tooMany:
      'Zu viele falsche Versuche. Warten Sie 15 Minuten und beginnen Sie die Anmeldung dann in Ihrem Programm von vorn.',
    fromAnotherSite:
      'Eine andere Website hat dieses Formular geschickt; nichts davon wurde ausprobiert. Haben Sie diese Anmeldung selbst begonnen, geben Sie es hier ein.',
  },
  done: {
    title: 'Sie sind angemeldet',
    text: (program, service, account) =>
      account === undefined
        ? `${program} hat jetzt Zugriff auf Ihr Konto bei ${service}.`
        : `${program} hat jetzt Zugriff auf Ihr Konto ${account} bei ${service}.`,
    next: 'Sie können dieses Fenster schließen und zu Ihrem Programm zurückkehren.',
  },
  over: {
    title: 'Diese Anmeldung ist vorbei',
    text: 'Ihre Adresse gilt nicht oder nicht mehr. Kehren Sie zu Ihrem Programm zurück und beginnen Sie dort von vorn.',
    textOf: (program, service) =>
      `Es ist zu lange her, dass ${program} um Zugriff auf Ihr Konto bei ${service} gebeten hat. Kehren Sie zu ${program} zurück und beginnen Sie dort von vorn.`,
  },
  failure: {
    title: 'Das hat nicht geklappt',
    text: 'Es ist nichts verloren. Gehen Sie zurück und versuchen Sie es gleich noch einmal.',
  },
  kept: {
    title: 'Was gespeichert wird und wie Sie es rückgängig machen',
    text: (program, service, { days, hasPassword }) =>
      `${service} prüft, was Sie eingeben. ${hasPassword ? `Für ein Passwort gibt ${service} ein Token aus; das Passwort selbst wird nicht gespeichert. Das Token wird danach hier` : 'Danach wird es hier'} verschlüsselt aufbewahrt, bis ${program} sich abmeldet${days === undefined ? '' : `, höchstens ${days} ${days === 1 ? 'Tag' : 'Tage'} lang`}. ${program} selbst bekommt es nie zu sehen.`,
    granted: (program, service, { days }) =>
      `Sie melden sich bei ${service} selbst an und geben hier nichts ein. Der Zugriff, den ${service} gewährt, wird hier verschlüsselt aufbewahrt, bis sich ${program} abmeldet${days === undefined ? '' : `, höchstens ${days} ${days === 1 ? 'Tag' : 'Tage'}`}. ${program} selbst bekommt ihn nie zu sehen.`,
    undo: (program, service) =>
      `Um es rückgängig zu machen, melden Sie sich in ${program} ab, oder widerrufen Sie den Zugang bei ${service}.`,
  },
  operator: {
    runBy: (name) => `Diese Seite wird von ${name} betrieben.`,
    contact: 'Fragen:',
  },
};

function whence({ from }: Asked): string {
  if (!from) return '';
  if (from.whose === 'inside') return ', aus dem Netz dieses Dienstes';
  return from.whose === 'own' ? `, von Ihrer eigenen Adresse, ${from.address}` : `, von der Adresse ${from.address}`;
}
