// PostGraphile over the tables and the computed columns of peers.sql, as its guide says: Amber preset, Node's own server.
import { createServer } from 'node:http'
import { grafserv } from 'postgraphile/grafserv/node'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

// No table's name is in two schemas, so names need no schema before them.
const plain = { name: 'PlainNames', version: '1.0.0', inflection: { replace: { _schemaPrefix: () => '' } } }
const preset = {
  extends: [PostGraphileAmberPreset],
  plugins: [plain],
  pgServices: [
    makePgService({
      connectionString: process.env.BENCH_NODE_DATABASE_URL,
      schemas: ['catalog', 'care', 'insight', 'bench'],
      poolConfig: { max: Number(process.env.BENCH_POOL) },
    }),
  ],
  grafserv: { graphqlPath: '/graphql', graphiql: false, watch: false },
  grafast: { explain: false },
}
const instance = postgraphile(preset)
const server = createServer()
const service = instance.createServ(grafserv)
await service.addTo(server)
if (process.env.BENCH_PRINT) {
  const { printSchema } = await import('graphql')
  console.log(printSchema(await instance.getSchema()))
}
server.listen(Number(process.env.BENCH_PORT), '127.0.0.1')
process.on('SIGTERM', () => process.exit(0))
