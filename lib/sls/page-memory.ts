import { Pool } from '../pool.ts';

/**
 * What a page is unpacked into, and what its answer comes into before: the usual 4 MB and some more. Of two pages in
 * settlement, one that is unpacked, its answer and the answer ahead, it is rare that more than four are there at once.
 */
export const PAGE_MEMORY = new Pool(5 * 1024 * 1024, 4);
