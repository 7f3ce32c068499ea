// The workloads' graph in Mercurius, with its compiler (graphql-jit) and its loaders. The caller's id is a header.
import { readFileSync } from 'node:fs'
import Fastify from 'fastify'
import mercurius from 'mercurius'
import pg from 'pg'

// Dates stay the text that PostgreSQL sends: parsing them would only cost time.
for (const oid of [1082, 1184]) pg.types.setTypeParser(oid, (text) => text)

const pool = new pg.Pool({ connectionString: process.env.BENCH_NODE_DATABASE_URL, max: Number(process.env.BENCH_POOL) })
const here = (name) => readFileSync(new URL(name, import.meta.url), 'utf8')
const statements = Object.fromEntries(
  here('loaders.sql').split('-- name: ').slice(1).map((block) => {
    const end = block.indexOf('\n')
    return [block.slice(0, end), block.slice(end + 1)]
  }),
)

async function rows(name, keys, values) {
  const text = statements[name]
  return (await pool.query({ name, text, values: [keys, ...values] })).rows
}

async function first(name, key) {
  return (await rows(name, [key], []))[0] ?? null
}

/** A loader of the one row that each key has, or null. */
function one(name, keyOf) {
  return async (queries) => {
    const keys = queries.map(({ obj }) => keyOf(obj))
    const found = new Map()
    for (const row of await rows(name, [...new Set(keys.filter((key) => key !== null))], [])) found.set(row.key, row)
    return keys.map((key) => found.get(key) ?? null)
  }
}

/** A loader of each key's list of rows; `shape` makes a field's value of it. */
function many(name, keyOf, shape = (list) => list) {
  return async (queries, context) => {
    const keys = queries.map(({ obj }) => keyOf(obj, context))
    const size = queries[0].params.first
    const found = new Map(keys.map((key) => [key, []]))
    const values = size === undefined ? [] : [size]
    for (const row of await rows(name, [...found.keys()], values)) found.get(row.key).push(row)
    return keys.map((key) => shape(found.get(key)))
  }
}

const page = (nodes) => ({ nodes })
const member = (obj) => obj.member
const indicator = one('indicator', (obj) => obj.indicator_id)
const author = one('member', (obj) => obj.author_id)
const idOf = (prefixed) => prefixed.slice(prefixed.indexOf('_') + 1)

const resolvers = {
  Query: {
    community: (_, { slug }) => first('community', slug),
    treatment: (_, { slug }) => first('treatment_called', slug),
    insight: (_, { id }) => ({ insight: idOf(id) }),
    me: (_, __, { member }) => ({ member }),
  },
  Me: { dashboard: (me) => me },
  Cell: { interval: ({ low, high }) => (low === null ? null : { low, high }) },
}
const loaders = {
  Community: { discussions: many('discussions', (obj) => obj.community, page) },
  Discussion: { author, lastPost: one('last_post', (obj) => obj.discussion) },
  Post: { author },
  Me: { observations: many('observations', member, page) },
  Dashboard: { series: many('series', member), courses: many('courses', member) },
  Series: { indicator, latest: one('latest', (obj) => obj.series), points: many('points', (obj) => obj.series) },
  Observation: { indicator },
  Course: {
    treatment: one('treatment', (obj) => obj.treatment_id),
    evaluation: one('evaluation', (obj) => obj.course),
  },
  Treatment: { evaluations: many('evaluations', (obj, context) => `${obj.treatment} ${context.member}`, page) },
  Evaluation: {
    member: one('member', (obj) => obj.member_id),
    course: one('course', (obj) => obj.course_id),
    sideEffects: many('side_effects', (obj) => obj.evaluation),
  },
  SideEffect: { indicator },
  Insight: { cells: many('cells', (obj) => obj.insight) },
  Cell: { category: one('category', (obj) => obj.category_key), by: many('categories_by', (obj) => obj.cell) },
}
// The loaders above ask for each key once; the cache would serialize each row to find out which are the same.
const uncached = (loader) => ({ loader, opts: { cache: false } })
for (const type of Object.values(loaders)) for (const name in type) type[name] = uncached(type[name])

const app = Fastify()
const context = (request) => ({ member: request.headers['x-member'] })
app.register(mercurius, { schema: here('schema.graphql'), resolvers, loaders, context, jit: 1 })
await app.listen({ host: '127.0.0.1', port: Number(process.env.BENCH_PORT) })
process.on('SIGTERM', () => process.exit(0))
