// Loaded before a service under test: its clock goes 31 minutes ahead each time that it gets SIGUSR2, which is longer than
// a session lasts in which nothing is asked.
const now = Date.now;
let ahead = 0;
Date.now = () => now() + ahead;
process.on("SIGUSR2", () => (ahead += 31 * 60_000));
