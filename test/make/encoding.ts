export { ByteWriter, utf8, type Encoding } from '../../workers/write/byte-writer.js'
