/**
 * What went wrong and what to do now, by the codes of the service. In English it speaks for itself, and more particularly;
 * these are for where it says nothing, and say what to do where it does not.
 */
export const problem: Readonly<Record<string, { readonly sentence: string; readonly help: string }>> = {
  "invalid-argument": {
    sentence: "Something that was entered does not fit.",
    help: "Look at what you have entered.",
  },
  "invalid-format": {
    sentence: "Something stored or sent is not of the expected form.",
    help: "Try again. If it stays, see that the page, the service and the backups are of the same version, and look into the log.",
  },
  unsupported: {
    sentence: "This is not supported here.",
    help: "See whether there is a newer version of this service; a newer one may have written the backups.",
  },
  "no-repository": {
    sentence: "There are no backups.",
    help: "Look at the address, or set the place up anew.",
  },
  "repository-exists": {
    sentence: "There are backups already.",
    help: "They are neither replaced nor deleted.",
  },
  locked: {
    sentence: "Something else is working on these backups.",
    help: "Wait until it is done, then try again.",
  },
  "lock-lost": {
    sentence: "The lock on the backups was lost, so the work was stopped.",
    help: "Nothing stored is lost. Try again.",
  },
  "wrong-password": {
    sentence: "The password is not the right one.",
    help: "Look at how it is written, and which of your passwords is asked for.",
  },
  "no-password": { sentence: "A password is missing.", help: "Enter it. The recovery kit has it." },
  "invalid-key": {
    sentence: "A key of the backups cannot be used.",
    help: "Try the other copy. If both say so, ask whoever runs the store.",
  },
  "damaged-ciphertext": {
    sentence: "A part of the backups is damaged.",
    help: "The other copy is asked. Make a new backup.",
  },
  "zero-nonce": { sentence: "A part of the backups is damaged.", help: "Make a new backup." },
  "hash-mismatch": {
    sentence: "A part of the backups is damaged.",
    help: "The other copy is asked. Make a new backup.",
  },
  "damaged-repository": {
    sentence: "The backups are damaged.",
    help: "What the other copy has is brought from there. Make a new backup.",
  },
  "blob-not-found": { sentence: "Something is missing in the backups.", help: "Make a new backup." },
  "limit-exceeded": {
    sentence: "That was too much at once, or too often.",
    help: "Wait a little, then try again.",
  },
  "not-found": {
    sentence: "This is not there, or not any more.",
    help: "Load the page anew to see what there is now.",
  },
  "already-exists": {
    sentence: "This is there already.",
    help: "Nothing has been changed; look at what is there.",
  },
  "ambiguous-id": { sentence: "This may mean more than one.", help: "Give more of it." },
  "access-denied": {
    sentence: "This is not allowed.",
    help: "Look at the password or the keys, and enter them again if need be.",
  },
  "no-space": { sentence: "There is no room left.", help: "Make room, or keep fewer snapshots." },
  "storage-failed": {
    sentence: "The store of the backups cannot be reached.",
    help: "Look at the connection, then try again.",
  },
  "no-source": {
    sentence: "Nothing of what is to be backed up is there.",
    help: "Look at the files and folders in the settings.",
  },
  "unsafe-path": { sentence: "Nothing may be written to this folder.", help: "Choose another one." },
  incomplete: { sentence: "Not all could be done.", help: "The log names what is missing." },
  cancelled: {
    sentence: "It was cancelled.",
    help: "What was done until then stays. Begin again whenever you like.",
  },
  interrupted: {
    sentence: "The service ended in the middle of it.",
    help: "Nothing that was backed up is lost; it is done again by itself.",
  },
  "recovery-undecided": {
    sentence: "There are backups of this name already, and nothing has been decided yet.",
    help: "Bring them back, or go on with this 3Bot; until then nothing is backed up.",
  },
  shrunk: {
    sentence: "There is much less than the last time, so nothing was backed up.",
    help: "If something is missing, bring it back. If this is meant, make a backup yourself.",
  },
  "job-shrunk": {
    sentence: "There is much less than the last time, so nothing was backed up.",
    help: "If something is missing, bring it back. If this is meant, run the job with allowLess.",
  },
  "paths-missing": {
    sentence: "A file or folder that is to be backed up is gone.",
    help: "Bring it back, or take it out of the settings.",
  },
  "snapshots-of-the-future": {
    sentence: "Some snapshots claim to be of the future.",
    help: "Check this machine's clock.",
  },
  "snapshots-lost": {
    sentence: "Snapshots have gone from a server, and not by your 3Bot's doing.",
    help: "What the other copy has of them is brought back. Find out who removed them.",
  },
  "history-lost": {
    sentence: "The backups of a server are gone altogether.",
    help: "They are made anew from the other copy. Find out who removed them.",
  },
  mended: {
    sentence: "A copy was damaged, and is whole again from the other one.",
    help: "Have the disk of that server looked at.",
  },
  /** Of a new 3Bot. */
  name: {
    sentence: "This name is not possible.",
    help: "Small letters and digits are, with single . _ - between them.",
  },
  internal: {
    sentence: "Something went wrong inside the service.",
    help: "Its log says more. Trying again does no harm.",
  },
};
