// For `node --import`: a clock on which a millisecond takes a second. A program that measures how much work half a second
// is worth then settles for the least: new keys cost 30 ms to try instead of 500.
const now = performance.now.bind(performance);
performance.now = () => now() * 1000;
