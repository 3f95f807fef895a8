/** Logging in, and the first time. */
export const entry = {
  logIn: "Log in",
  logInTitle: "Welcome back",
  logInText: "This page is for the owner of the 3Bot.",
  password: "Password of this page",
  wrong: "That is not the password.",
  again: "Your session is over",
  againText: "Log in again, and everything goes on where it was. Nothing you typed is lost.",
  firstTitle: "Welcome to 3Bot Backup",
  firstText:
    "Choose a password for this page first. The service printed a setup code when it started; it shows that this 3Bot is yours.",
  setupCode: "Setup code",
  setupCodeHint: "Printed by the service when it started.",
  newPassword: "New password for this page",
  newPasswordHint: "At least 12 characters. A few words that belong together only for you are good.",
  repeat: "The same password again",
  tooShort: "At least 12 characters, please.",
  differs: "The two are not the same.",
  begin: "Begin",
  logOut: "Log out",
};
