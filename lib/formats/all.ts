import { readApisix } from './apisix.ts';
import { readEnvoy } from './envoy.ts';
import { readAccess, readHigress } from './higress.ts';
import { readKong } from './kong.ts';
import { readLitellm } from './litellm.ts';
import { readNewApi } from './new-api.ts';
import type { Readers } from './options.ts';
import { readOtel } from './otel.ts';
import { readSeed } from './seed.ts';
import { readXinference } from './xinference.ts';

/** Every reader there is. */
export const ALL: Readers = [
  ['otel', readOtel],
  ['seed', readSeed],
  ['higress', readHigress],
  ['litellm', readLitellm],
  ['kong', readKong],
  ['apisix', readApisix],
  ['envoy', readEnvoy],
  ['xinference', readXinference],
  ['new-api', readNewApi],
  ['higress', readAccess],
];
