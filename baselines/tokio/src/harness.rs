// SPDX-License-Identifier: Apache-2.0

//! What a workload uses: the timed region, the checks, and how a body gets into a runtime. As bench/bench.h has it.

use std::future::Future;
use std::pin::Pin;
use std::time::Instant;

use tokio::runtime::Builder;

/// A body: does b.n iterations between start and stop, and hands b back. It runs as a task, on a worker.
pub type Body = fn(Bench) -> Pin<Box<dyn Future<Output = Bench> + Send>>;

#[derive(Clone)]
pub struct Def {
    pub name: String,
    pub procs: usize,
    pub current: bool, // the current_thread scheduler
    pub arg: u64,
    pub least: u64, // iterations of a call, as in bench/suite.c
    pub body: Body,
}

pub struct Bench {
    pub def: Def,
    pub n: u64,
    pub items: f64, // operations done; n unless the body says otherwise
    pub wall: f64,  // ns between start and stop
    pub cpu: f64,
    pub counted: Option<f64>, // ns: what the figure is of, if not of wall
    pub error: Option<String>,
    pub extra: Vec<(&'static str, f64)>,
    started: Instant,
}

fn cpu_time() -> f64 {
    let mut t = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &mut t) };
    t.tv_sec as f64 * 1e9 + t.tv_nsec as f64
}

impl Bench {
    pub fn start(&mut self) {
        self.cpu = -cpu_time();
        self.started = Instant::now();
    }

    pub fn stop(&mut self) {
        self.wall = self.started.elapsed().as_nanos() as f64;
        self.cpu += cpu_time();
    }

    pub fn check(&mut self, what: &str, got: u64, want: u64) {
        if got != want && self.error.is_none() {
            self.error = Some(format!("wrong checksum: {what} is {got}, not {want}"));
        }
    }
}

/// What part i of parts does of total.
pub fn share(total: u64, parts: u64, i: u64) -> u64 {
    total / parts + u64::from(i < total % parts)
}

/// The drivers that a workload needs and no others: the one of I/O makes a system call whenever the queue is empty, or now and then. Its own
/// four workloads have all, as tokio's benches do.
fn drivers<'a>(builder: &'a mut Builder, def: &Def) -> &'a mut Builder {
    match def.name.split('/').next().unwrap_or("") {
        "spawn_many" | "yield_many" | "ping_pong" | "chained_spawn" => builder.enable_all(),
        "echo" => builder.enable_io(),
        "timers" => builder.enable_time(),
        _ => builder,
    }
}

fn call(def: &Def, n: u64) -> Bench {
    let mut builder = if def.current { Builder::new_current_thread() } else { Builder::new_multi_thread() };
    if !def.current {
        builder.worker_threads(def.procs);
    }
    let runtime = drivers(&mut builder, def).build().expect("a runtime");
    let bench = Bench {
        def: def.clone(),
        n,
        items: n as f64,
        wall: 0.0,
        cpu: 0.0,
        counted: None,
        error: None,
        extra: Vec::new(),
        started: Instant::now(),
    };
    // Spawned: block_on's own future would run beside the workers and not on one.
    let body = (def.body)(bench);
    runtime.block_on(async { tokio::spawn(body).await.expect("a body ends") })
}

/// n grows until a call takes min_time: by what the last one foretells, and at most tenfold.
pub fn measure(def: &Def, min_time: f64) -> Bench {
    let mut n = def.least;
    loop {
        let b = call(def, n);
        let seconds = b.wall * 1e-9;
        if b.error.is_some() || seconds >= min_time || n >= 1_000_000_000 {
            return b;
        }
        let next = (n as f64 * (min_time * 1.4 / seconds.max(1e-9)).min(10.0)) as u64;
        n = next.max(n + 1);
    }
}

/// A body at one processor, with each of the two schedulers, and at two. One thread is what current_thread is for: it has the plain
/// name, the other one is a variant. `variant` is "" or "name/"; `args` is "" or "/key:value…".
pub fn all(workload: &str, variant: &str, args: &str, arg: u64, least: u64, body: Body) -> Vec<Def> {
    let def = |scheduler: &str, procs: usize, current: bool| Def {
        name: format!("{workload}/tokio/{variant}{scheduler}procs:{procs}{args}"),
        procs,
        current,
        arg,
        least,
        body,
    };
    vec![def("", 1, true), def("multi_thread/", 1, false), def("", 2, false)]
}
