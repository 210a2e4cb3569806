// SPDX-License-Identifier: Apache-2.0

//! timers. bench/WORKLOADS.md#timers. tokio rounds a sleep up to its next millisecond.

use crate::harness::{all, Bench, Def};
use std::time::{Duration, Instant};

pub fn defs() -> Vec<Def> {
    let body = |mut b: Bench| {
        let future: std::pin::Pin<Box<dyn std::future::Future<Output = Bench> + Send>> = Box::pin(async move {
            let sleepers = b.def.arg;
            round(sleepers).await;
            let mut slept = 0;
            b.start();
            for _ in 0..b.n {
                slept += round(sleepers).await;
            }
            b.stop();
            b.items = (b.n * sleepers) as f64;
            b.counted = Some(b.cpu);
            b.extra.push(("batch_wall_ns", b.wall / b.n as f64));
            b.check("sleeps that were long enough", slept, b.n * sleepers);
            b
        });
        future
    };
    [all("timers", "", "", 100_000, 1, body), all("timers", "", "/sleepers:1000", 1000, 1, body)].concat()
}

async fn round(sleepers: u64) -> u64 {
    let tasks: Vec<_> = (0..sleepers)
        .map(|i| {
            tokio::spawn(async move {
                let (ns, began) = (Duration::from_nanos(sleep_ns(i)), Instant::now());
                tokio::time::sleep(ns).await;
                u64::from(began.elapsed() >= ns)
            })
        })
        .collect();
    let mut good = 0;
    for t in tasks {
        good += t.await.unwrap();
    }
    good
}

/// As bench/timers.h.
fn sleep_ns(number: u64) -> u64 {
    (u64::from(number.wrapping_mul(2_654_435_761) as u32) * 10_000_000) >> 32
}
