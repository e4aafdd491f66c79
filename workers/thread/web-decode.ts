// Entry of a decoding worker in the browser.

import { createDecodeService } from './decode-service.js'
import { serve } from './rpc.js'
import { openWebSource } from './sources-web.js'

serve(createDecodeService(openWebSource), globalThis as unknown as Worker, ['decode'])
