import { type Asked, capitalised, type Texts } from './texts.js';

export const es: Texts = {
  form: {
    title: (service) => `Iniciar sesión en ${service}`,
    text: (program, service) => `${program} pide acceso a su cuenta de ${service}.`,
    caution: (asked) =>
      `Lo pidió ${asked.ago ?? 'hace menos de un minuto'}, a las ${asked.time} UTC${whence(asked)}. Continúe solo si acaba de iniciarlo usted. Si alguien le ha enviado la dirección de esta página, ciérrela: esa persona tendría acceso a su cuenta.`,
    secret: (service, credential) => `${capitalised(credential)} de ${service}`,
    login: (service) => `Nombre o correo electrónico en ${service}`,
    loginHint: (credential) => `Déjelo vacío si en lugar de la contraseña escribe esto: ${credential}.`,
    passwordOr: (credential) => `Contraseña o ${credential}`,
    howToGetIt: (service) => `Cómo obtenerlo (documentación de ${service})`,
    confirmation: 'Código de su programa',
    confirmationHint: 'Los cuatro primeros caracteres del tique que muestra su programa.',
    show: 'Mostrar',
    hide: 'Ocultar',
    submit: 'Iniciar sesión',
    goOn: (service) => `Continuar en ${service}`,
  },
  problem: {
    noSecret: (service) => `Escriba aquí lo que le da acceso a ${service}.`,
    noConfirmation: 'Escriba el código que muestra su programa.',
    refused: (service) => `${service} no ha aceptado lo que ha escrito. Compruébelo e inténtelo de nuevo.`,
    refusedLogin: (service) =>
      `${service} no ha aceptado este nombre y esta contraseña. Compruébelos e inténtelo de nuevo.`,
    secondFactor: (service, credential) =>
      `Para esta cuenta, ${service} pide además de la contraseña un código de un solo uso, que aquí no se puede escribir. Deje vacío el nombre y en lugar de la contraseña escriba esto: ${credential}.`,
    unconfirmed:
      'Este no es el código que muestra su programa. Si su programa no muestra ninguno, otra persona le ha enviado aquí: cierre esta página.',
    declined: (service) =>
      `${service} indica que usted no ha dado su consentimiento. No se guarda nada. Continúe solo si quiere intentarlo de nuevo.`,
    notCompleted: (service) =>
      `El inicio de sesión en ${service} no se completó aquí. Comience de nuevo y termínelo en este navegador.`,
    noAccess: (service) =>
      `${service} aceptó su inicio de sesión, pero no da acceso a esta cuenta. Pruebe con otra cuenta o pregunte a la administración de ${service}.`,
    outage: (service) => `${service} no responde en este momento. No se ha perdido nada: inténtelo de nuevo enseguida.`,
    tooMany: 'Demasiados intentos fallidos. Espere 15 minutos y vuelva a iniciar sesión desde su programa.',
    fromAnotherSite:
      'Otro sitio ha enviado este formulario y no se ha probado nada de él. Si ha sido usted quien ha empezado, escríbalo aquí.',
  },
  done: {
    title: 'Ha iniciado sesión',
    text: (program, service, account) =>
      account === undefined
        ? `${program} ya tiene acceso a su cuenta de ${service}.`
        : `${program} ya tiene acceso a su cuenta ${account} de ${service}.`,
    next: 'Puede cerrar esta ventana y volver a su programa.',
  },
  over: {
    title: 'Este inicio de sesión ha terminado',
    text: 'Su dirección no es válida, o ya no lo es. Vuelva a su programa y empiece de nuevo desde allí.',
    textOf: (program, service) =>
      `Hace demasiado tiempo que ${program} pidió acceso a su cuenta de ${service}. Vuelva a ${program} y empiece de nuevo desde allí.`,
  },
  failure: {
    title: 'No ha funcionado',
    text: 'No se ha perdido nada. Vuelva atrás e inténtelo de nuevo enseguida.',
  },
  kept: {
    title: 'Qué se guarda y cómo deshacerlo',
    text: (program, service, { days, hasPassword }) =>
      `${service} comprueba lo que escribe. ${hasPassword ? `A cambio de una contraseña, ${service} da un token, y la contraseña misma no se guarda. El token` : 'Después'} se guarda aquí cifrado hasta que ${program} cierre la sesión${days === undefined ? '' : `, durante ${days} ${days === 1 ? 'día' : 'días'} como máximo`}. ${program} nunca llega a verlo.`,
    granted: (program, service, { days }) =>
      `Usted inicia sesión en el propio ${service} y aquí no introduce nada. El acceso que da ${service} se guarda aquí cifrado hasta que ${program} cierre la sesión${days === undefined ? '' : `, durante ${days} ${days === 1 ? 'día' : 'días'} como máximo`}. ${program} nunca llega a verlo.`,
    undo: (program, service) => `Para deshacerlo, cierre la sesión en ${program} o revoque el acceso en ${service}.`,
  },
  operator: {
    runBy: (name) => `Esta página la gestiona ${name}.`,
    contact: 'Preguntas:',
  },
};

function whence({ from }: Asked): string {
  if (!from) return '';
  if (from.whose === 'inside') return ', desde dentro de la red de este servicio';
  return from.whose === 'own' ? `, desde su propia dirección, ${from.address}` : `, desde la dirección ${from.address}`;
}
