import { inflateSync } from 'node:zlib';
import type { HttpResponse } from '../http.ts';
import type { LogPage } from '../types.ts';
import { stepBetween } from './cursor.ts';
import { type Failure, failureOfExchange, header, unreadable } from './failure.ts';
import { SlsFormatError } from './format-error.ts';
import { decompressBlock } from './lz4.ts';
import { PAGE_MEMORY } from './page-memory.ts';
import { readLogGroupList } from './protobuf.ts';

/** A page whose headers are in, while its body downloads. */
export interface Head {
  readonly kind: 'head';
  readonly cursor: string;
  readonly next: string;
  /** Log groups in the page and their decompressed bytes, as far as the headers tell. */
  readonly groups: number;
  readonly bytes: number;
  readonly response: HttpResponse;
}

/** No cap is documented; one write may carry 10 MB and a page holds many. */
export const MAX_RAW_BYTES = 64 * 1024 * 1024;
/** LZ4 makes incompressible data larger by a 255th. */
export const MAX_BODY_BYTES = MAX_RAW_BYTES + MAX_RAW_BYTES / 255 + 64;

/** Takes an answer with status 200 as the page at `cursor` and starts its download. */
export function headOf(response: HttpResponse, cursor: string): Head | Failure {
  const next = header(response, 'x-log-cursor');
  const requestId = header(response, 'x-log-requestid');
  if (next === undefined || stepBetween(cursor, next) === 'back') {
    response.discard();
    return next === undefined ? noCursor(requestId) : wentBack(requestId);
  }
  // Nobody waits for it yet, but a page ahead is only ahead when its body downloads too.
  void response.body(PAGE_MEMORY.take);
  const groups = Number(header(response, 'x-log-count') ?? 0) || 0;
  const bytes = Number(header(response, 'x-log-bodyrawsize') ?? 0) || 0;
  return { kind: 'head', cursor, next, groups, bytes, response };
}

function noCursor(requestId: string | undefined): Failure {
  const message = 'SLS answered 200 without x-log-cursor. Check that the endpoint (SLS_ENDPOINT) is SLS itself.';
  return unreadable('NoCursor', message, requestId);
}

/** Going on from there would read the same logs for ever, and stopping would call the rest read. */
function wentBack(requestId: string | undefined): Failure {
  return unreadable('CursorWentBack', 'x-log-cursor lies before the cursor asked for. Report this.', requestId);
}

/** Waits for the body and reads it; what does not fit its headers or its format is a Failure with code Unreadable. */
export async function readPage(head: Head): Promise<LogPage | Failure> {
  const { cursor, next, response } = head;
  try {
    const body = await response.body();
    const raw = decompress(body, response);
    // Not compressed, the page is the answer itself.
    if (raw !== body) PAGE_MEMORY.give(body);
    const { groups, records } = readLogGroupList(raw, cursor);
    const count = header(response, 'x-log-count');
    if (count !== undefined && count !== String(groups)) {
      throw new SlsFormatError(`the page holds ${groups} log groups where x-log-count says ${count.slice(0, 20)}`);
    }
    const first = firstOf(response, groups);
    const failedLines = Number(header(response, 'x-log-failedlines') ?? 0) || 0;
    const release = (): void => PAGE_MEMORY.give(raw);
    return {
      ...{ cursor, next, records, bytes: raw.length, release },
      ...(first !== undefined && { first }),
      ...(failedLines > 0 && { failedLines }),
    };
  } catch (error) {
    if (!(error instanceof SlsFormatError)) return failureOfExchange(error);
    return unreadable('Unreadable', error.message, header(response, 'x-log-requestid'));
  }
}

/** SLS numbers log groups one by one; a cursor older than the oldest of them is moved forward without a word. */
function firstOf(response: HttpResponse, groups: number): bigint | undefined {
  // A page that SPL filtered holds other groups than the shard.
  if (header(response, 'x-log-rawdatalines') !== undefined) return undefined;
  const last = header(response, 'x-log-read-last-cursor');
  return groups > 0 && last !== undefined && /^\d{1,19}$/.test(last) ? BigInt(last) - BigInt(groups) + 1n : undefined;
}

function decompress(body: Buffer, response: HttpResponse): Buffer {
  const type = header(response, 'x-log-compresstype')?.toLowerCase() ?? 'none';
  const size = rawSize(response) ?? (type === 'none' ? body.length : undefined);
  if (size === undefined) throw new SlsFormatError('a compressed page came without x-log-bodyrawsize');
  if (size === 0) return Buffer.alloc(0);
  const raw = decompressAs(type, body, size);
  if (raw.length !== size) throw new SlsFormatError(`the page has ${raw.length} bytes where ${size} were announced`);
  return raw;
}

function decompressAs(type: string, body: Buffer, size: number): Buffer {
  if (type === 'lz4') return decompressBlock(body, size, PAGE_MEMORY.take);
  if (type === 'none') return body;
  if (type !== 'deflate') throw new SlsFormatError(`unknown x-log-compresstype ${JSON.stringify(type.slice(0, 20))}`);
  try {
    return inflateSync(body, { maxOutputLength: size });
  } catch (error) {
    throw new SlsFormatError(`deflate: ${(error as Error).message}`);
  }
}

function rawSize(response: HttpResponse): number | undefined {
  const text = header(response, 'x-log-bodyrawsize');
  if (text === undefined) return undefined;
  if (!/^\d{1,12}$/.test(text)) throw new SlsFormatError('x-log-bodyrawsize is not a number');
  const size = Number(text);
  if (size > MAX_RAW_BYTES) throw new SlsFormatError(`the page has ${size} bytes, more than ${MAX_RAW_BYTES}`);
  return size;
}
