// Entry of a decoding worker in Node.

import { parentPort } from 'node:worker_threads'
import { createDecodeService } from './decode-service.js'
import { nodeEndpoint } from './node-endpoint.js'
import { serve } from './rpc.js'
import { openNodeSource } from './sources-node.js'

if (parentPort) serve(createDecodeService(openNodeSource), nodeEndpoint(parentPort), ['decode'])
