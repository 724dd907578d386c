import { deflateSync } from 'node:zlib';
import { compressSync } from 'lz4-napi';
import protobuf from 'protobufjs';
import type { SlsGroup, SlsLog } from './store.ts';

/** `log.proto` of aliyun-log-go-sdk. */
const SCHEMA = `
  syntax = "proto2";
  message Log {
    required uint32 Time = 1;
    message Content { required string Key = 1; required string Value = 2; }
    repeated Content Contents = 2;
    optional fixed32 Time_ns = 4;
  }
  message LogTag { required string Key = 1; required string Value = 2; }
  message LogGroup {
    repeated Log Logs = 1;
    optional string Reserved = 2;
    optional string Topic = 3;
    optional string Source = 4;
    optional string MachineUUID = 5;
    repeated LogTag LogTags = 6;
  }
  message LogGroupList { repeated LogGroup LogGroups = 1; }
`;

let listType: protobuf.Type | undefined;

/** The protobuf type of a page, by a library that shares no code with the reader under test. */
export function logGroupList(): protobuf.Type {
  listType ??= protobuf.parse(SCHEMA, { keepCase: true }).root.lookupType('LogGroupList');
  return listType;
}

/** Groups as the bytes of a `LogGroupList`. */
export function encodeGroups(groups: readonly SlsGroup[]): Buffer {
  const type = logGroupList();
  return Buffer.from(type.encode(type.create({ LogGroups: groups.map(toGroup) })).finish());
}

export type Compression = 'lz4' | 'deflate' | 'none';

export function compress(raw: Buffer, as: Compression): Buffer {
  if (as === 'none') return raw;
  return as === 'deflate' ? deflateSync(raw) : lz4Block(raw);
}

/** A raw LZ4 block: the library puts four bytes of length before it, which SLS does not send. */
export function lz4Block(raw: Buffer): Buffer {
  return compressSync(raw).subarray(4);
}

function toGroup({ logs, topic, source, tags }: SlsGroup): object {
  return {
    Logs: logs.map(toLog),
    ...(topic === undefined ? {} : { Topic: topic }),
    ...(source === undefined ? {} : { Source: source }),
    LogTags: Object.entries(tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
  };
}

function toLog({ time, timeNs, fields }: SlsLog): object {
  const pairs = Array.isArray(fields) ? (fields as [string, string][]) : Object.entries(fields);
  return {
    Time: time,
    Contents: pairs.map(([Key, Value]) => ({ Key, Value })),
    ...(timeNs === undefined ? {} : { Time_ns: timeNs }),
  };
}
