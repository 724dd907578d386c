/** The part of `@alicloud/fc2` 2.6.6 that is used; the package has no types. */
declare module '@alicloud/fc2' {
  export interface FcOptions {
    readonly accessKeyID: string;
    readonly accessKeySecret: string;
    readonly securityToken?: string;
    readonly region: string;
    /** Address with its scheme; without one, the account's own in the region. */
    readonly endpoint?: string;
    /** https for the account's own endpoint. */
    readonly secure?: boolean;
    /** Milliseconds without an answer; default 60,000. */
    readonly timeout?: number;
    /** Sent and signed with every request. */
    readonly headers?: Readonly<Record<string, string>>;
  }

  export interface FcResponse {
    readonly headers: Readonly<Record<string, string | undefined>>;
    /** Parsed when the content type is JSON, text otherwise. */
    readonly data: unknown;
  }

  export default class Client {
    constructor(account: string, options: FcOptions);
    /** Of the API, the first part of each path. */
    version: string;
    /** As {@link post}. */
    get(path: string, query?: Readonly<Record<string, string>>): Promise<FcResponse>;
    /** Rejects for a status that is not 2xx, for no answer, and for JSON that is none. */
    post(
      path: string,
      body: string,
      headers?: Readonly<Record<string, string>>,
      query?: Readonly<Record<string, string>>,
    ): Promise<FcResponse>;
  }
}
