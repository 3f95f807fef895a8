/** Anmelden, und das erste Mal. */
import type { Texts } from "../english/english.js";

export const entry: Texts["entry"] = {
  logIn: "Anmelden",
  logInTitle: "Willkommen zurück",
  logInText: "Diese Seite ist für den Besitzer des 3Bots.",
  password: "Passwort dieser Seite",
  wrong: "Das ist nicht das Passwort.",
  wrongBoth: "Passwort und Code passen nicht. Warten Sie auf den nächsten Code: jeder gilt einmal.",
  code: "Code Ihrer Authenticator-App",
  codeHint: "Sechs Ziffern, aus der App auf Ihrem Telefon.",
  again: "Ihre Sitzung ist zu Ende",
  againText: "Melden Sie sich wieder an, dann geht alles weiter, wo es war. Nichts Getipptes ist verloren.",
  firstTitle: "Willkommen bei 3Bot Backup",
  firstText:
    "Wählen Sie zuerst ein Passwort für diese Seite. Der Dienst hat beim Start einen Code ausgegeben; er zeigt, dass dieser 3Bot Ihnen gehört.",
  setupCode: "Code vom Start",
  setupCodeHint: "Der Dienst hat ihn ausgegeben, als er startete.",
  newPassword: "Neues Passwort für diese Seite",
  newPasswordHint: "Mindestens 12 Zeichen. Gut sind ein paar Wörter, die nur für Sie zusammengehören.",
  repeat: "Dasselbe Passwort noch einmal",
  tooShort: "Bitte mindestens 12 Zeichen.",
  differs: "Die beiden sind nicht gleich.",
  begin: "Beginnen",
  logOut: "Abmelden",
};
