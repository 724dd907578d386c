import { readRequest } from '../bodies/request.ts';
import { readResponse } from '../bodies/response.ts';
import type { Line } from '../line/line.ts';
import type { Bodies } from './content.ts';

/** What a line's bodies say, of whichever API they are. */
export function bodiesOf({ fields }: Line): Bodies {
  return { request: readRequest(fields.get('request_body')), response: readResponse(fields.get('response_body')) };
}
