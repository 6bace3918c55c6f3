// DuckDB as main.go asks for it: node peer.mjs FILE THREADS. The first line out tells the version and the variants; then
// each line in names one, and the line out says how many milliseconds its query took until the whole result was there.
//
//   decimal   types declared, the reading as DECIMAL(18,3): exact sums, as ours are
//   double    types declared, the reading as DOUBLE: what DuckDB does fastest
//   auto      everything detected (the reading becomes a DOUBLE), as ours detects the file's format
//   …/8MB     the same with a smaller buffer, so that both threads have work from start to end of a file of 70 MB
import { createInterface } from "node:readline";
import { DuckDBInstance } from "@duckdb/node-api";

const [file, threads] = process.argv.slice(2);
const path = `'${file.replaceAll("'", "''")}'`;
const declared = (type) =>
  `header=true, delim=',', auto_detect=false, columns={'site': 'VARCHAR', 'date': 'DATE', 'meter': 'VARCHAR', ` +
  `'reading': '${type}', 'unit': 'VARCHAR', 'quality': 'VARCHAR', 'note': 'VARCHAR'}`;
const small = "buffer_size=8000000";
const sources = {
  decimal: `read_csv(${path}, ${declared("DECIMAL(18,3)")})`,
  "decimal/8MB": `read_csv(${path}, ${declared("DECIMAL(18,3)")}, ${small})`,
  double: `read_csv(${path}, ${declared("DOUBLE")})`,
  "double/8MB": `read_csv(${path}, ${declared("DOUBLE")}, ${small})`,
  auto: `read_csv(${path})`,
  "auto/8MB": `read_csv(${path}, ${small})`,
};

const instance = await DuckDBInstance.create(":memory:", { threads });
const connection = await instance.connect();
await connection.run("SET preserve_insertion_order = false");
const [[version]] = (await connection.runAndReadAll("SELECT version()")).getRows();
const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
answer({ version: `DuckDB ${version}`, variants: Object.keys(sources) });

for await (const line of createInterface({ input: process.stdin })) {
  const { variant, check } = JSON.parse(line);
  const [started, before] = [process.hrtime.bigint(), process.cpuUsage()];
  const result = await connection.runAndReadAll(
    `SELECT site, year(date), month(date), sum(reading), avg(reading), count(*) FROM ${sources[variant]} GROUP BY ALL`,
  );
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  const { user, system } = process.cpuUsage(before);
  const groups = check
    ? result.getRows().map(([Site, , month, total, mean, count]) => ({
        Site, Month: Number(month), Total: String(total), Mean: String(mean), Count: Number(count),
      }))
    : [];
  answer({ Milliseconds: milliseconds, CPU: (user + system) / 1000, Groups: groups });
}
