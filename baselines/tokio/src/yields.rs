// SPDX-License-Identifier: Apache-2.0

//! yield, whose name is a keyword. bench/WORKLOADS.md#yield.

use crate::harness::{all, Bench, Def};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use tokio::task::yield_now;

/// Who came back from a yield last; written with one processor only, where no two run at once.
static LAST: AtomicU64 = AtomicU64::new(0);

async fn watching(id: u64, rounds: u64) -> (u64, u64) {
    let (mut calls, mut switches) = (0, 0);
    while calls < rounds {
        LAST.store(id, Relaxed);
        yield_now().await;
        switches += u64::from(LAST.load(Relaxed) != id);
        calls += 1;
    }
    (calls, switches)
}

/// Calls count as switches: tokio has no count of its own, and every call that finds nobody is in its favour.
async fn plain(rounds: u64) -> (u64, u64) {
    for _ in 0..rounds {
        yield_now().await;
    }
    (rounds, rounds)
}

pub fn defs() -> Vec<Def> {
    let body = |mut b: Bench| {
        let future: std::pin::Pin<Box<dyn std::future::Future<Output = Bench> + Send>> = Box::pin(async move {
            let (rounds, procs) = (b.n, b.def.procs);
            b.start();
            let tasks: Vec<_> = (1..=b.def.arg)
                .map(|id| {
                    tokio::spawn(async move {
                        if procs == 1 {
                            watching(id, rounds).await
                        } else {
                            plain(rounds).await
                        }
                    })
                })
                .collect();
            let (mut calls, mut switches) = (0, 0);
            for t in tasks {
                let (c, s) = t.await.unwrap();
                calls += c;
                switches += s;
            }
            b.stop();
            b.items = switches.max(1) as f64;
            b.check("yields", calls, b.n * b.def.arg);
            b
        });
        future
    };
    let mut two = all("yield", "", "/tasks:2", 2, 200, body);
    two.retain(|def| def.procs == 1);
    [two, all("yield", "", "/tasks:8", 8, 200, body)].concat()
}
