/** The part of an OSS bucket that dead letters and progress need. Everything rejects when OSS does not do it. */
export interface Bucket {
  /** Stores an object, replacing one of the same key. */
  put(key: string, body: Uint8Array): Promise<void>;
  /** Stores an object unless there is one of that key; `false` when there is. */
  claim(key: string, body: Uint8Array): Promise<boolean>;
  /** An object's body; `undefined` when there is none. */
  get(key: string): Promise<Buffer | undefined>;
  /** Deletes an object; one that is not there is no error. */
  delete(key: string): Promise<void>;
  /** The objects whose keys begin with `prefix`, in the order of their keys. */
  list(prefix: string): AsyncIterable<StoredObject>;
}

export interface StoredObject {
  readonly key: string;
  readonly bytes: number;
  /** Unix milliseconds. */
  readonly modifiedAt: number;
}
