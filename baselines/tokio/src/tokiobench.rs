// SPDX-License-Identifier: Apache-2.0

//! spawn_many, yield_many, ping_pong, chained_spawn: tokio's own. bench/WORKLOADS.md#spawn_many.

use crate::harness::{all, Bench, Def};
use std::sync::atomic::{AtomicU64, Ordering::AcqRel, Ordering::Relaxed};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};

const SPAWNS: u64 = 10_000;
const TASKS: u64 = 200;
const YIELDS: u64 = 1000;
const PAIRS: u64 = 1000;
const LINKS: u64 = 1000;

type End = mpsc::Sender<u64>; // capacity 1: the last one says how many there were

struct Count {
    left: AtomicU64,
    done: AtomicU64,
}

impl Count {
    fn of(tasks: u64) -> Arc<Count> {
        Arc::new(Count { left: AtomicU64::new(tasks), done: AtomicU64::new(0) })
    }

    fn last(&self) -> bool {
        self.left.fetch_sub(1, AcqRel) == 1
    }
}

fn spawn_all(end: &End) {
    let count = Count::of(SPAWNS);
    for _ in 0..SPAWNS {
        let (count, end) = (count.clone(), end.clone());
        tokio::spawn(async move {
            if count.last() {
                end.send(SPAWNS).await.unwrap();
            }
        });
    }
}

fn yield_all(end: &End) {
    let count = Count::of(TASKS);
    for _ in 0..TASKS {
        let (count, end) = (count.clone(), end.clone());
        tokio::spawn(async move {
            for _ in 0..YIELDS {
                tokio::task::yield_now().await;
            }
            if count.last() {
                end.send(TASKS * YIELDS).await.unwrap();
            }
        });
    }
}

fn ping_all(end: &End) {
    let count = Count::of(PAIRS);
    for _ in 0..PAIRS {
        let (count, end) = (count.clone(), end.clone());
        tokio::spawn(async move {
            let (there, asked) = oneshot::channel::<u64>();
            let (back, answer) = oneshot::channel();
            tokio::spawn(async move { back.send(asked.await.unwrap() + 1).unwrap() });
            there.send(0).unwrap();
            count.done.fetch_add(answer.await.unwrap(), Relaxed);
            if count.last() {
                end.send(count.done.load(Relaxed)).await.unwrap();
            }
        });
    }
}

fn link(end: End, left: u64, made: u64) {
    tokio::spawn(async move {
        if left == 0 {
            end.send(made).await.unwrap();
        } else {
            link(end, left - 1, made + 1);
        }
    });
}

fn spawn_chain(end: &End) {
    link(end.clone(), LINKS - 1, 1);
}

macro_rules! body {
    ($once:ident, $worth:expr) => {
        |mut b: Bench| {
            Box::pin(async move {
                let (end, mut ends) = mpsc::channel(1);
                $once(&end);
                ends.recv().await.unwrap();
                let mut sum = 0;
                b.start();
                for _ in 0..b.n {
                    $once(&end);
                    sum += ends.recv().await.unwrap();
                }
                b.stop();
                b.items = (b.n * $worth) as f64;
                b.check("what was done", sum, b.n * $worth);
                b
            })
        }
    };
}

pub fn defs() -> Vec<Def> {
    [
        all("spawn_many", "", "", 0, 1, body!(spawn_all, SPAWNS)),
        all("yield_many", "", "", 0, 1, body!(yield_all, TASKS * YIELDS)),
        all("ping_pong", "", "", 0, 1, body!(ping_all, PAIRS)),
        all("chained_spawn", "", "", 0, 1, body!(spawn_chain, LINKS)),
    ]
    .concat()
}
