import { Pool } from '../pool.ts';

/**
 * What a page's answer comes into, and what it is unpacked into: the usual 4 MB and some more. Two pages in settlement, one
 * that is unpacked from its answer and the answer ahead are five, but rarely at once: of a fifth, new memory is made.
 */
export const PAGE_MEMORY = new Pool(5 * 1024 * 1024, 4);
