const token = document.querySelector('meta[name=viewer-token]').content;

/** One question to the viewer's own server. @throws Error with what it says is wrong */
async function ask(path, options) {
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error('The viewer has ended. Start it again with npm start, then reload this page.');
  }
  const answer = await response.json();
  if (response.ok) return answer;
  throw new Error(answer.error ?? `HTTP ${response.status}`);
}

export const getState = () => ask('/api/state');
export const getTrace = (id) => ask(`/api/trace?${new URLSearchParams({ id })}`);
export const getLetters = (key, from) => ask(`/api/letters?${new URLSearchParams({ key, from })}`);

/** Replays the letters of an object, or all that wait. */
export function replay(key) {
  const headers = { 'content-type': 'application/json', 'x-viewer-token': token };
  return ask('/api/replay', { method: 'POST', headers, body: JSON.stringify(key === undefined ? {} : { key }) });
}

/** Calls `onChange` whenever there is something new, and `onLost` when the viewer does not answer any more. */
export function listen(onChange, onLost) {
  const events = new EventSource('/api/events');
  events.addEventListener('version', onChange);
  events.addEventListener('error', onLost);
}
