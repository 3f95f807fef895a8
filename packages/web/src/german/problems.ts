/** Was schiefging, nach den Kennwörtern des Dienstes. Was er selbst sagt, steht als Einzelheit darunter. */
import type { Texts } from "../english/english.js";

export const problem: Texts["common"]["problem"] = {
  "invalid-argument": {
    sentence: "Eine Angabe passt nicht.",
    help: "Prüfen Sie, was eingegeben ist.",
  },
  "invalid-format": {
    sentence: "Etwas Gespeichertes oder Gesendetes hat nicht die erwartete Form.",
    help: "Versuchen Sie es noch einmal. Bleibt es so, prüfen Sie, ob Seite, Dienst und Backups von derselben Version sind, und sehen Sie ins Protokoll.",
  },
  unsupported: {
    sentence: "Das wird hier nicht unterstützt.",
    help: "Sehen Sie nach, ob es eine neuere Version dieses Dienstes gibt; vielleicht hat eine solche die Backups geschrieben.",
  },
  "no-repository": {
    sentence: "Dort sind keine Backups.",
    help: "Prüfen Sie die Adresse, oder richten Sie den Ort neu ein.",
  },
  "repository-exists": {
    sentence: "Dort sind schon Backups.",
    help: "Sie werden weder ersetzt noch gelöscht.",
  },
  locked: {
    sentence: "Etwas anderes arbeitet gerade an diesen Backups.",
    help: "Warten Sie, bis es fertig ist, und versuchen Sie es dann noch einmal.",
  },
  "lock-lost": {
    sentence: "Die Sperre auf den Backups ging verloren, darum wurde angehalten.",
    help: "Nichts Gespeichertes ist verloren. Versuchen Sie es noch einmal.",
  },
  "wrong-password": {
    sentence: "Das Passwort stimmt nicht.",
    help: "Achten Sie auf die Schreibweise, und darauf, welches Ihrer Passwörter gefragt ist.",
  },
  "no-password": { sentence: "Es fehlt ein Passwort.", help: "Geben Sie es ein. Es steht im Rettungsblatt." },
  "invalid-key": {
    sentence: "Ein Schlüssel der Backups ist nicht zu gebrauchen.",
    help: "Versuchen Sie es mit der anderen Kopie. Sagen es beide, fragen Sie, wer den Speicher betreibt.",
  },
  "damaged-ciphertext": {
    sentence: "Ein Teil der Backups ist beschädigt.",
    help: "Die andere Kopie wird gefragt. Machen Sie ein neues Backup.",
  },
  "zero-nonce": { sentence: "Ein Teil der Backups ist beschädigt.", help: "Machen Sie ein neues Backup." },
  "hash-mismatch": {
    sentence: "Ein Teil der Backups ist beschädigt.",
    help: "Die andere Kopie wird gefragt. Machen Sie ein neues Backup.",
  },
  "damaged-repository": {
    sentence: "Die Backups sind beschädigt.",
    help: "Was die andere Kopie hat, wird von dort geholt. Machen Sie ein neues Backup.",
  },
  "blob-not-found": { sentence: "In den Backups fehlt etwas.", help: "Machen Sie ein neues Backup." },
  "limit-exceeded": {
    sentence: "Das war zu viel auf einmal oder zu oft.",
    help: "Warten Sie etwas, und versuchen Sie es dann noch einmal.",
  },
  "not-found": {
    sentence: "Das gibt es nicht oder nicht mehr.",
    help: "Laden Sie die Seite neu, um zu sehen, was es jetzt gibt.",
  },
  "already-exists": {
    sentence: "Das gibt es schon.",
    help: "Nichts wurde geändert; sehen Sie an, was da ist.",
  },
  "ambiguous-id": { sentence: "Das ist nicht eindeutig.", help: "Geben Sie mehr davon an." },
  "access-denied": {
    sentence: "Das wird nicht zugelassen.",
    help: "Prüfen Sie Passwort oder Schlüssel, und geben Sie sie wenn nötig neu ein.",
  },
  "no-space": {
    sentence: "Es ist kein Platz mehr da.",
    help: "Schaffen Sie Platz, oder behalten Sie weniger Stände.",
  },
  "storage-failed": {
    sentence: "Der Speicher der Backups ist nicht zu erreichen.",
    help: "Prüfen Sie die Verbindung, und versuchen Sie es dann noch einmal.",
  },
  "no-source": {
    sentence: "Nichts von dem, was gesichert werden soll, ist da.",
    help: "Sehen Sie in den Einstellungen nach Dateien und Ordnern.",
  },
  "unsafe-path": {
    sentence: "In diesen Ordner darf nichts geschrieben werden.",
    help: "Wählen Sie einen anderen.",
  },
  incomplete: {
    sentence: "Nicht alles ging.",
    help: "Das Protokoll nennt, was fehlt.",
  },
  cancelled: {
    sentence: "Es wurde abgebrochen.",
    help: "Was bis dahin getan war, bleibt. Beginnen Sie neu, wann Sie wollen.",
  },
  interrupted: {
    sentence: "Der Dienst endete mittendrin.",
    help: "Nichts Gesichertes ist verloren; es wird von selbst wieder getan.",
  },
  "recovery-undecided": {
    sentence: "Es gibt schon Backups dieses Namens, und noch ist nichts entschieden.",
    help: "Holen Sie sie zurück, oder machen Sie mit diesem 3Bot weiter; bis dahin wird nichts gesichert.",
  },
  shrunk: {
    sentence: "Es ist sehr viel weniger da als beim letzten Mal, darum wurde nichts gesichert.",
    help: "Fehlt etwas, holen Sie es zurück. Ist es so gewollt, machen Sie selbst ein Backup.",
  },
  "job-shrunk": {
    sentence: "Es ist sehr viel weniger da als beim letzten Mal, darum wurde nichts gesichert.",
    help: "Fehlt etwas, holen Sie es zurück. Ist es so gewollt, starten Sie den Auftrag mit allowLess.",
  },
  "paths-missing": {
    sentence: "Eine Datei oder ein Ordner, der gesichert werden soll, ist nicht mehr da.",
    help: "Holen Sie ihn zurück, oder nehmen Sie ihn aus den Einstellungen.",
  },
  "snapshots-of-the-future": {
    sentence: "Einige Stände wollen aus der Zukunft sein.",
    help: "Prüfen Sie die Uhr dieses Rechners.",
  },
  "snapshots-lost": {
    sentence: "Auf einem Server sind Stände verschwunden, die Ihr 3Bot nicht gelöscht hat.",
    help: "Was die andere Kopie davon hat, wird zurückgeholt. Finden Sie heraus, wer sie gelöscht hat.",
  },
  "history-lost": {
    sentence: "Die Backups auf einem Server sind ganz weg.",
    help: "Sie werden aus der anderen Kopie neu gemacht. Finden Sie heraus, wer sie gelöscht hat.",
  },
  mended: {
    sentence: "Eine Kopie war beschädigt und ist aus der anderen wieder heil.",
    help: "Lassen Sie die Platte dieses Servers prüfen.",
  },
  /** Eines neuen 3Bots. */
  name: {
    sentence: "Dieser Name geht nicht.",
    help: "Möglich sind kleine Buchstaben und Ziffern, dazwischen einzelne . _ -.",
  },
  internal: {
    sentence: "Im Dienst ist etwas schiefgegangen.",
    help: "Sein Protokoll sagt mehr. Es noch einmal zu versuchen schadet nicht.",
  },
};
