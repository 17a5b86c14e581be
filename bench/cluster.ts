// npm run bench:cluster: a cluster of 1, 2 and 4 hosts with slower links, in one machine: efficiency, and what travels. As root each host
// has a network namespace, with a link of its own to the bridge at which Redis is, and the core of a slower machine: all cores get the same
// share of the time of a real one, and links are slower by the same factor, latencies longer. So more hosts than the machine has cores
// run at once, on the wall clock, as fast ones with fast links would (time dilation: Gupta et al., NSDI 2006). Efficiency is the words/s of
// all hosts by those of as many machines of one such core that train alone, without a cluster. A host's core also reads the text and talks
// to Redis; on real hosts another one does. Then come hosts at full speed, as many as this machine has cores for; and by arithmetic, from
// the measured words/s, hosts that it cannot run. Who is not root gets hosts that share the cores and the loopback.
// With --arithmetic it writes the tables of docs/guides/cluster.md, and measures nothing.
// Environment: CORPUS=../shared/data/corpus-48m.txt.gz HOSTS=1,2,4 LINKS=1000,100 (Mb/s) REDIS_LINK= (of Redis; else as the hosts)
// LATENCIES=1,10 (ms each way) SLOWDOWN= (else as many hosts ask for) SECONDS=60 (at least, of each measurement) EPOCH=1 (in which it is: in
// the first, hosts read the text; later its stored numbers) FULL=1,2 (hosts at full speed) PARTS=16 REDIS_SERVER=redis-server

import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { costOf } from "./cluster/arithmetic.js";
import { drive } from "./cluster/driver.js";
import { writeTables } from "./cluster/guide.js";
import { type Measured, measureAlone, measureCluster, open, type Plan } from "./cluster/measurement.js";
import { canHaveNetwork, removeStale } from "./cluster/network.js";
import { listenFor } from "./cluster/proxy.js";
import { canBeSlow, removeStaleCores } from "./cluster/slow-core.js";
import { machine } from "./measure.js";

const { env } = process;
const numbers = (variable: string | undefined, standard: string) =>
  (variable ?? standard).split(",").filter(Boolean).map(Number);
const counts = numbers(env.HOSTS, "1,2,4");
const links = numbers(env.LINKS, "1000,100");
const latencies = numbers(env.LATENCIES, "1,10");
const atFullSpeed = numbers(env.FULL, "1,2");
const parts = Number(env.PARTS ?? 16);
const common = {
  corpus: env.CORPUS ?? "../shared/data/corpus-48m.txt.gz",
  parts,
  epoch: Number(env.EPOCH ?? 1),
  seconds: Number(env.SECONDS ?? 60),
  redisServer: env.REDIS_SERVER ?? "redis-server",
  self: fileURLToPath(import.meta.url),
  cli: fileURLToPath(new URL("../cli.js", import.meta.url)),
};

/** Of all cores the share that hosts, driver and Redis take together: what is left is for the proxy and the kernel. */
const BUSY = 0.8;

/** Hosts that are only computed. */
const BY_ARITHMETIC = 8;

/** So many times slower each has to be for all hosts, the driver and Redis to run at once. */
function slowdownOf(hosts: number): number {
  return Math.max(1, Math.ceil((hosts + 2) / (BUSY * availableParallelism())));
}

const MEGABIT = 1e6;
const share = (part: number | undefined) => (part === undefined ? "" : `${(100 * part).toFixed(0)}%`);
const thousands = (words: number) => `${Math.round(words / 1000)}k`;

interface Line {
  hosts: number;
  link: string;
  latency: string;
  /** of cores at full speed */
  rate: number;
  /** measured, and by arithmetic */
  efficiency?: number;
  arithmetic?: number;
  measured?: Measured;
}

const HEADINGS = [
  "hosts",
  "link",
  "latency",
  "words/s",
  "efficiency",
  "by arithmetic",
  "out, into Redis a word",
  "hosts wait",
];

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function print({ hosts, link, latency, rate, efficiency, arithmetic, measured }: Line): void {
  const bytes =
    measured && `${(measured.out / measured.words).toFixed(0)}, ${(measured.in / measured.words).toFixed(0)} bytes`;
  const waiting = measured && share(measured.waiting / (measured.training + measured.waiting));
  console.log(
    row([`${hosts}`, link, latency, thousands(rate), share(efficiency), share(arithmetic), bytes ?? "", waiting ?? ""]),
  );
}

/** All hosts, links and latencies in namespaces, as slow as `slowdown` says. */
async function inNamespaces(slowdown: number): Promise<void> {
  const alone = await measureAlone({ ...common, hosts: 1, latency: 0, slowdown });
  const rate = alone.wordsPerSecond * slowdown;
  console.log(`one machine of one core, without a cluster: ${thousands(rate)} words/s, V = ${alone.vocabulary}\n`);
  heading();
  for (const link of links)
    for (const latency of latencies)
      for (const hosts of [...counts, BY_ARITHMETIC]) {
        const redis = Number(env.REDIS_LINK ?? link);
        const plan: Plan = {
          ...common,
          hosts,
          latency,
          slowdown,
          links: { host: link * MEGABIT, redis: redis * MEGABIT },
        };
        const arithmetic = costOf({
          ...{ vocabulary: alone.vocabulary, dim: 100, text: alone.text, blocks: parts, hosts, rate },
          ...{ link: link * MEGABIT, redisLink: redis * MEGABIT, roundTrip: (2 * latency) / 1000 },
        }).efficiency;
        const names = {
          hosts,
          link: redis === link ? `${link} Mb/s` : `${link}, Redis ${redis} Mb/s`,
          latency: `${latency} ms`,
        };
        if (!counts.includes(hosts)) {
          print({ ...names, rate: arithmetic * hosts * rate, arithmetic });
          continue;
        }
        const measured = await measureCluster(plan);
        const all = measured.wordsPerSecond * slowdown;
        print({ ...names, rate: all, efficiency: all / (hosts * rate), arithmetic, measured });
      }
}

function heading(): void {
  console.log(row(HEADINGS));
  console.log(row(HEADINGS.map(() => "---")));
}

/** Hosts at full speed, on the loopback. They share the cores with each other, the driver and Redis. */
async function onLoopback(hostCounts: readonly number[]): Promise<void> {
  const alone = await measureAlone({ ...common, hosts: 1, latency: 0, slowdown: 1 });
  console.log(`one machine, one thread, without a cluster: ${thousands(alone.wordsPerSecond)} words/s\n`);
  heading();
  for (const hosts of hostCounts) {
    const measured = await measureCluster({ ...common, hosts, latency: 0, slowdown: 1 });
    const { wordsPerSecond: rate } = measured;
    print({ hosts, link: "loopback", latency: "", rate, efficiency: rate / (hosts * alone.wordsPerSecond), measured });
  }
}

async function bench(): Promise<void> {
  console.log(`${machine()}\n${common.corpus}, dim 100, parts ${parts}, hosts of one thread, epoch ${common.epoch}\n`);
  if (canHaveNetwork() && canBeSlow()) {
    removeStale();
    await removeStaleCores();
    const slowdown = Number(env.SLOWDOWN ?? slowdownOf(Math.max(...counts)));
    console.log(`cores, links and latencies ${slowdown} times slower; words/s are those of cores at full speed`);
    await inNamespaces(slowdown);
    if (atFullSpeed.length === 0) return;
    console.log(`\nat full speed, wall clock; all share ${availableParallelism()} cores with the driver and Redis`);
    await onLoopback(atFullSpeed);
  } else {
    console.log(
      "not root, or no ip, tc or cpu controller: no links, no latencies; hosts share the cores, so this says little of many",
    );
    await onLoopback(counts);
  }
}

/** An interrupted bench leaves no process and no namespace behind. */
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const)
  process.once(signal, async () => {
    for (const place of open) await place.remove();
    process.exit(1);
  });

const [, , role, task] = process.argv;
if (role === "driver") await drive(JSON.parse(task));
else if (role === "proxy") {
  const { server, delay, own } = JSON.parse(task);
  await listenFor(server, delay, own);
  console.log("listening");
} else if (role === "--arithmetic") writeTables();
else await bench();
