// SPDX-License-Identifier: Apache-2.0

//! tokio_bench runs the suite's workloads (bench/WORKLOADS.md) with tokio's tasks and prints a JSON line per repetition. It speaks as
//! baselines/README.md says; README.md beside it says what is a variant and why.

mod buffered;
mod chameneos;
mod echo;
mod harness;
mod mutex;
mod pingpong;
mod ring;
mod select;
mod skynet;
mod spawn;
mod tasktree;
mod timers;
mod tokiobench;
mod yields;

use harness::{measure, Def};

struct Options {
    filter: regex_lite::Regex,
    min_time: f64,
    repetitions: u32,
    list: bool,
}

fn usage() -> ! {
    eprintln!("tokio_bench: bad arguments: --about, --list, --filter RE, --min-time SECONDS, --repetitions N");
    std::process::exit(2)
}

fn parse() -> Options {
    let mut o = Options { filter: regex_lite::Regex::new("").unwrap(), min_time: 0.5, repetitions: 1, list: false };
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        if word == "--about" {
            println!(
                "{{\"version\":\"tokio {}, {}\",\"workers\":\"procs:1 current_thread, else multi_thread with worker_threads = procs\",\
                 \"stack\":\"none, tasks are state machines\",\"allocator\":\"the C library's malloc\",\
                 \"profile\":\"opt-level 3, fat LTO, 1 codegen unit, panic = abort\"}}",
                env!("TOKIO_VERSION"),
                env!("RUSTC_VERSION")
            );
            std::process::exit(0);
        }
        if word == "--list" {
            o.list = true;
            continue;
        }
        let value = words.next().unwrap_or_else(|| usage());
        match word.as_str() {
            "--filter" => o.filter = regex_lite::Regex::new(&value).unwrap_or_else(|_| usage()),
            "--min-time" => o.min_time = value.parse().unwrap_or_else(|_| usage()),
            "--repetitions" => o.repetitions = value.parse().unwrap_or_else(|_| usage()),
            _ => usage(),
        }
    }
    o
}

/// Names, errors and keys are this program's own and plain: nothing is escaped.
fn run(def: &Def, repetition: u32, min_time: f64) -> bool {
    let b = measure(def, min_time);
    let mut line = format!("{{\"name\":\"{}\",\"repetition\":{},\"iterations\":{}", def.name, repetition, b.n);
    if let Some(error) = &b.error {
        line += &format!(",\"error\":\"{error}\"");
    } else {
        let counted = b.counted.unwrap_or(b.wall);
        line += &format!(",\"real_time_ns\":{},\"cpu_time_ns\":{}", counted / b.items, b.cpu / b.items);
        line += &format!(",\"items_per_second\":{}", b.items / counted * 1e9);
        let extra: Vec<String> = b.extra.iter().map(|(k, v)| format!("\"{k}\":{v}")).collect();
        line += &format!(",\"counters\":{{{}}}", extra.join(","));
    }
    println!("{line},\"checksum_ok\":{}}}", b.error.is_none());
    b.error.is_none()
}

fn main() {
    let o = parse();
    let suite = [
        spawn::defs(),
        yields::defs(),
        pingpong::defs(),
        ring::defs(),
        buffered::defs(),
        skynet::defs(),
        select::defs(),
        mutex::defs(),
        echo::defs(),
        timers::defs(),
        chameneos::defs(),
        tokiobench::defs(),
        tasktree::defs(),
    ];
    let mut good = true;
    for def in suite.iter().flatten().filter(|d| o.filter.is_match(&d.name)) {
        if o.list {
            println!("{}", def.name);
            continue;
        }
        for r in 0..o.repetitions {
            good &= run(def, r, o.min_time);
        }
    }
    std::process::exit(i32::from(!good))
}
