import { readApisix } from './apisix.ts';
import { readEnvoy } from './envoy.ts';
import { bodiesOf } from './gateway/bodies.ts';
import type { GatewayReader } from './gateway/content.ts';
import { readAccess, readHigress } from './higress.ts';
import { readKong } from './kong.ts';
import { readLitellm } from './litellm.ts';
import { readNewApi } from './new-api.ts';
import type { Reader, Readers } from './options.ts';
import { readOtel } from './otel.ts';
import { readSeed } from './seed.ts';
import { readXinference } from './xinference.ts';

function withBodies(reader: GatewayReader): Reader {
  return (line, options) => reader(line, options, bodiesOf);
}

/** Every reader there is. */
export const ALL: Readers = [
  ['otel', readOtel],
  ['seed', withBodies(readSeed)],
  ['higress', withBodies(readHigress)],
  ['litellm', readLitellm],
  ['kong', readKong],
  ['apisix', readApisix],
  ['envoy', readEnvoy],
  ['xinference', readXinference],
  ['new-api', readNewApi],
  ['higress', withBodies(readAccess)],
];
