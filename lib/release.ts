declare const SLS_LANGFUSE_RELEASE: string | undefined;

/** Which version of this software runs, such as `0.1.0+4f2c1ab`: the build writes it in. */
export const RELEASE: string = typeof SLS_LANGFUSE_RELEASE === 'string' ? SLS_LANGFUSE_RELEASE : 'source';

/** The same as traces show it. */
export const FORWARDER = `sls-langfuse ${RELEASE}`;
