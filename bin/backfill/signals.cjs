// Loaded before the function in its process. Ctrl-C reaches every process of the terminal: the function is to finish what
// it has begun. Without the process that began it nobody would hear of it: then it is to end.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(1));
