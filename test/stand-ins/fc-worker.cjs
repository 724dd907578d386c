// The runtime's side of the FC stand-in: loads the bundle as Function Compute does and runs one event at a time.
// Plain CommonJS, as the runtime's own bootstrap is, so that nothing but the bundle is loaded beside it.
const [, , bundle, name] = process.argv;

const answer = (message) => process.send(message, () => {});
const failure = (error) => ({
  errorMessage: String(error?.message ?? error),
  errorType: error?.name ?? typeof error,
  stackTrace: String(error?.stack ?? '')
    .split('\n')
    .slice(1)
    .map((line) => line.trim()),
});

let handler;
process.on('message', async ({ event, context }) => {
  try {
    handler ??= require(bundle)[name];
    const result = await handler(Buffer.from(event, 'base64'), context);
    answer({ result: typeof result === 'string' ? result : JSON.stringify(result) });
  } catch (error) {
    answer({ error: failure(error) });
  }
});
answer({ ready: true });
