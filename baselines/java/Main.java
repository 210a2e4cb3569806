// SPDX-License-Identifier: Apache-2.0

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * The suite's workloads (bench/WORKLOADS.md) with Java's virtual threads; a JSON line per repetition, as baselines/README.md says. One virtual
 * machine has one number of carrier threads: java_bench starts one for each and says which with --procs.
 */
final class Main {
    private static final double WARM_UP = 1.0; // seconds

    private static void usage() {
        System.err.println("java_bench: bad arguments: --about, --list, --filter RE, --min-time SECONDS, --repetitions N");
        System.exit(2);
    }

    /** Names, errors and keys are this program's own and plain: only what an exception says has its quotes taken out. */
    private static boolean run(Bench.Def def, int repetition, double minTime) throws InterruptedException {
        if (repetition == 0) Bench.warmUp(def, WARM_UP, minTime);
        Bench b = Bench.measure(def, minTime);
        StringBuilder line = new StringBuilder("{\"name\":\"" + def.name() + "\",\"repetition\":" + repetition + ",\"iterations\":" + b.n);
        if (b.error != null) {
            line.append(",\"error\":\"" + b.error.replaceAll("[\"\\\\\\p{Cntrl}]", " ") + "\"");
        } else {
            double counted = b.counted > 0 ? b.counted : b.wall;
            line.append(",\"real_time_ns\":" + counted / b.items + ",\"cpu_time_ns\":" + b.cpu / b.items);
            line.append(",\"items_per_second\":" + b.items / counted * 1e9 + ",\"counters\":{");
            String comma = "";
            for (var e : b.extra.entrySet()) {
                line.append(comma + "\"" + e.getKey() + "\":" + e.getValue());
                comma = ",";
            }
            line.append("}");
        }
        System.out.println(line.append(",\"checksum_ok\":" + (b.error == null) + "}"));
        return b.error == null;
    }

    private static List<Bench.Def> suite() {
        List<Bench.Def> all = new ArrayList<>();
        Spawn.add(all);
        Yield.add(all);
        PingPong.add(all);
        Ring.add(all);
        Buffered.add(all);
        Skynet.add(all);
        Mutex.add(all);
        Timers.add(all);
        Chameneos.add(all);
        TokioBench.add(all);
        TaskTree.add(all);
        return all;
    }

    /** A body at one and at two processors; args is "" or "/key:value…". */
    static void both(List<Bench.Def> all, String workload, String args, int arg, long least, Bench.Body body) {
        for (int procs = 1; procs <= 2; procs++) all.add(new Bench.Def(workload + "/java/procs:" + procs + args, procs, arg, least, body));
    }

    public static void main(String[] words) throws InterruptedException {
        Pattern filter = Pattern.compile("");
        double minTime = 0.5;
        int repetitions = 1, procs = 0;
        boolean list = false;
        for (int i = 0; i < words.length; i++) {
            if (words[i].equals("--about")) {
                System.out.println("{\"version\":\"" + System.getProperty("java.vm.name") + " " + System.getProperty("java.runtime.version")
                        + "\",\"workers\":\"carrier threads: jdk.virtualThreadScheduler.parallelism = maxPoolSize = procs\","
                        + "\"stack\":\"chunks on the heap while unmounted\",\"allocator\":\"the heap: UseParallelGC, Xms1g\","
                        + "\"warm_up\":\"" + WARM_UP + " s of calls before the first that counts\"}");
                return;
            }
            if (words[i].equals("--list")) {
                list = true;
                continue;
            }
            if (i + 1 == words.length) usage();
            try {
                switch (words[i]) {
                    case "--filter" -> filter = Pattern.compile(words[++i]);
                    case "--min-time" -> minTime = Double.parseDouble(words[++i]);
                    case "--repetitions" -> repetitions = Integer.parseInt(words[++i]);
                    case "--procs" -> procs = Integer.parseInt(words[++i]);
                    default -> usage();
                }
            } catch (PatternSyntaxException | NumberFormatException e) {
                usage();
            }
        }
        boolean good = true;
        for (Bench.Def def : suite()) {
            if (!filter.matcher(def.name()).find()) continue;
            if (list) System.out.println(def.name());
            else if (def.procs() == procs) for (int r = 0; r < repetitions; r++) good &= run(def, r, minTime);
        }
        System.exit(good ? 0 : 1);
    }
}
