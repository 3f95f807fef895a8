/** Die Seite, die antwortet: Bin ich sicher? */
import type { Texts } from "../english/english.js";

export const home: Texts["home"] = {
  title: "Start",
  sentence: {
    safe: "Alles ist gesichert.",
    attention: "Ihre Backups sind da, aber etwas braucht Ihre Aufmerksamkeit.",
    unsafe: "Sie sind gerade nicht geschützt.",
    new: "Schützen wir diesen 3Bot.",
    first: "Alles ist bereit für das erste Backup.",
    begun: "Das erste Backup wird gemacht.",
    undecided: "Willkommen zurück. Eine Entscheidung ist Ihre.",
    hindered: "Das erste Backup ist noch nicht gemacht.",
  },
  safeDetail: (ago, places) =>
    places === 1 ? `Letzter Stand ${ago}, an einem Ort.` : `Letzter Stand ${ago}, an ${places} Orten.`,
  unsafeDetail: "An keinem Ort liegt ein neues Backup.",
  freshDetail:
    "Es dauert zwei Minuten. Ist dies ein neuer 3Bot anstelle eines früheren? Dann holen Sie alles zurück.",
  firstDetail:
    "Beginnen Sie, wann Sie wollen. Das erste dauert am längsten; spätere bringen nur, was sich geändert hat.",
  firstSoon:
    "Es beginnt von selbst, und Sie müssen nicht darauf warten. Spätere bringen nur, was sich geändert hat.",
  begunDetail:
    "Es dauert am längsten von allen; spätere bringen nur, was sich geändert hat. Sie können diese Seite schließen.",
  undecidedDetail:
    "Es gibt Backups eines früheren 3Bots dieses Namens. Nichts ist verloren, und nichts eilt.",
  hinderedDetail:
    "Nichts ist verloren: Was auf diesem 3Bot ist, ist vorerst nur hier. Was im Weg ist, steht unten.",
  setUp: "Backups einrichten",
  recover: "Meinen 3Bot retten",
  backUpNow: "Jetzt sichern",
  problems: "Was zu richten ist",
  toDecide: "Was zu entscheiden ist",
  overdue: (place) => `Das letzte Backup bei ${place} ist zu lange her.`,
  undecided: (place) => `Bei ${place} liegen Backups eines früheren 3Bots dieses Namens.`,
  decideText:
    "Nichts wird gesichert, bis Sie entscheiden: den früheren zurückholen oder mit dem weitermachen, was jetzt hier ist. Ältere Stände bleiben in jedem Fall.",
  decideRecover: "Zurückholen",
  decideKeep: "Mit diesem 3Bot weitermachen",
  copyProblem: (copy) => `${copy} ist nicht, wie er sein soll.`,
  behind: (copy, count) =>
    count === 1 ? `Bei ${copy} fehlt 1 Stand.` : `Bei ${copy} fehlen ${count} Stände.`,
  failures: (count) => (count === 1 ? "Ein Lauf ist gescheitert." : `${count} Läufe sind gescheitert.`),
  look: "Ansehen",
  mend: { setUp: "Verbindung prüfen", catchUp: "Sichern und aufholen" },
  last: "Letztes Backup",
  nextBackup: "Nächstes Backup",
  nextDecided: "Nach der Entscheidung",
  nextSoon: "Bald",
  notAutomatic: "Nicht von selbst",
  switchOn: "Einschalten",
  proven: "Nachweislich zurückzuholen",
  provenText: "Eine Probe wurde zurückgeholt und Bit für Bit verglichen.",
  notYet: "Noch nicht",
  prove: "Jetzt nachweisen",
  copies: "Kopien",
  copyName: { "marketplace-1": "Erster Server", "marketplace-2": "Zweiter Server", minio: "Minio" },
  copyState: {
    "in-step": "Auf dem Stand",
    behind: "Im Rückstand",
    unreachable: "Nicht zu erreichen",
    empty: "Noch leer",
    unknown: "Noch nicht angesehen",
  },
  days: "Die letzten 30 Tage",
  dayResult: { good: "gesichert", failed: "gescheitert", none: "kein Backup" },
  daysSummary: (good, failed, none) =>
    `${good} Tage mit Backup, ${failed} mit einem Fehler, ${none} ohne Backup.`,
  daysNone: "Nach dem ersten Backup sehen Sie hier, wie jeder Tag war.",
  sizes: "Größe mit der Zeit",
  sizesNone: "Nach ein paar Backups sehen Sie hier, wie Ihre Daten wachsen.",
  source: "Ihre Daten",
  stored: "Gespeichert",
  saved: (share) => `Komprimieren und Deduplizieren sparen ${share}.`,
  sizesText: (source, stored) => `${source} Daten brauchen ${stored}.`,
};
