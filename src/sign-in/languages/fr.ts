import { type Asked, capitalised, type Texts } from './texts.js';

/** The spaces before a colon and within quotes do not break. */
export const fr: Texts = {
  form: {
    title: (service) => `Se connecter à ${service}`,
    text: (program, service) => `${program} demande l’accès à votre compte ${service}.`,
    caution: (asked) =>
      `La demande a été faite ${asked.ago ?? 'il y a moins d’une minute'}, à ${asked.time} UTC${whence(asked)}. Ne continuez que si vous venez de la faire vous-même. Si quelqu’un vous a envoyé l’adresse de cette page, fermez-la\u00a0: cette personne aurait accès à votre compte.`,
    secret: (service, credential) => `${capitalised(credential)} ${service}`,
    login: (service) => `Nom ou adresse e-mail chez ${service}`,
    loginHint: (credential) => `Laissez vide si, au lieu du mot de passe, vous saisissez ceci\u00a0: ${credential}.`,
    passwordOr: (credential) => `Mot de passe ou ${credential}`,
    howToGetIt: (service) => `Comment l’obtenir (documentation ${service})`,
    confirmation: 'Code de votre programme',
    confirmationHint: 'Les quatre premiers caractères du ticket que votre programme affiche.',
    show: 'Afficher',
    hide: 'Masquer',
    submit: 'Se connecter',
    goOn: (service) => `Continuer chez ${service}`,
  },
  problem: {
    noSecret: (service) => `Saisissez ici ce qui vous donne accès à ${service}.`,
    noConfirmation: 'Saisissez le code que votre programme affiche.',
    refused: (service) => `${service} n’a pas accepté cette saisie. Vérifiez-la et réessayez.`,
    refusedLogin: (service) => `${service} n’a pas accepté ce nom et ce mot de passe. Vérifiez-les et réessayez.`,
    secondFactor: (service, credential) =>
      `Pour ce compte, ${service} demande en plus du mot de passe un code à usage unique, qui ne peut pas être saisi ici. Laissez le nom vide et, au lieu du mot de passe, saisissez ceci\u00a0: ${credential}.`,
    unconfirmed:
      'Ce n’est pas le code que votre programme affiche. S’il n’en affiche aucun, quelqu’un d’autre vous a envoyé ici\u00a0: fermez cette page.',
    declined: (service) =>
      `${service} indique que vous n’avez pas donné votre accord. Rien n’est conservé. Ne continuez que si vous voulez réessayer.`,
    notCompleted: (service) =>
      `La connexion à ${service} n’a pas été achevée ici. Recommencez-la et terminez-la dans ce navigateur.`,
    noAccess: (service) =>
      `${service} a accepté votre connexion, mais ne donne pas accès à ce compte. Essayez un autre compte, ou demandez à l’administration de ${service}.`,
    outage: (service) => `${service} ne répond pas pour le moment. Rien n’est perdu\u00a0: réessayez dans un instant.`,
    tooMany: 'Trop d’essais erronés. Attendez 15 minutes, puis recommencez la connexion depuis votre programme.',
    fromAnotherSite:
      'Un autre site a envoyé ce formulaire, et rien n’en a été essayé. Si c’est bien vous qui avez commencé cette connexion, saisissez-le ici.',
  },
  done: {
    title: 'Vous êtes connecté',
    text: (program, service, account) =>
      account === undefined
        ? `${program} a maintenant accès à votre compte ${service}.`
        : `${program} a maintenant accès à votre compte ${service} ${account}.`,
    next: 'Vous pouvez fermer cette fenêtre et revenir à votre programme.',
  },
  over: {
    title: 'Cette connexion est terminée',
    text: 'Son adresse n’est pas valable, ou ne l’est plus. Revenez à votre programme et recommencez de là.',
    textOf: (program, service) =>
      `La demande d’accès de ${program} à votre compte ${service} est trop ancienne. Revenez à ${program} et recommencez de là.`,
  },
  failure: {
    title: 'Cela n’a pas fonctionné',
    text: 'Rien n’est perdu. Revenez en arrière et réessayez dans un instant.',
  },
  kept: {
    title: 'Ce qui est conservé, et comment l’annuler',
    text: (program, service, { days, hasPassword }) =>
      `${service} vérifie ce que vous saisissez. ${hasPassword ? `En échange d’un mot de passe, ${service} donne un jeton, et le mot de passe lui-même n’est pas conservé. Le jeton est` : 'C’est'} ensuite conservé ici sous forme chiffrée jusqu’à ce que ${program} se déconnecte${days === undefined ? '' : `, ${days} ${days === 1 ? 'jour' : 'jours'} au plus`}. ${program} ne le voit jamais.`,
    granted: (program, service, { days }) =>
      `Vous vous connectez auprès de ${service} même et ne saisissez rien ici. L’accès que ${service} donne est conservé ici sous forme chiffrée jusqu’à ce que ${program} se déconnecte${days === undefined ? '' : `, pendant ${days} ${days === 1 ? 'jour' : 'jours'} au plus`}. ${program} ne le voit jamais.`,
    undo: (program, service) =>
      `Pour l’annuler, déconnectez-vous dans ${program}, ou révoquez l’accès auprès de ${service}.`,
  },
  operator: {
    runBy: (name) => `Cette page est gérée par ${name}.`,
    contact: 'Questions\u00a0:',
  },
};

function whence({ from }: Asked): string {
  if (!from) return '';
  if (from.whose === 'inside') return ', depuis le réseau de ce service';
  return from.whose === 'own' ? `, depuis votre propre adresse, ${from.address}` : `, depuis l’adresse ${from.address}`;
}
