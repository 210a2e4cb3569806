// SPDX-License-Identifier: Apache-2.0

//! spawn. bench/WORKLOADS.md#spawn. A task's end is awaited by its JoinHandle.

use crate::harness::{all, Bench, Def};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering::AcqRel, Ordering::Relaxed};
use tokio::sync::{watch, Notify};

const BATCH: usize = 1000;
const TOUCHED: usize = 2048;

/// A word of its own for each task; kept for good, so that a task need not count references to it.
type Slots = &'static [AtomicU64];

fn count(slot: &AtomicU64, by: u64) {
    slot.store(slot.load(Relaxed) + by, Relaxed);
}

async fn batch(slots: Slots) {
    let tasks: Vec<_> = slots.iter().map(|s| tokio::spawn(async move { count(s, 1) })).collect();
    for t in tasks {
        t.await.unwrap();
    }
}

async fn one_by_one(slots: Slots) {
    for s in slots {
        tokio::spawn(async move { count(s, 1) }).await.unwrap();
    }
}

struct Arrivals {
    left: AtomicUsize,
    all: Notify,
}

async fn parking(slots: Slots) {
    let arrivals: &'static Arrivals = Box::leak(Box::new(Arrivals { left: AtomicUsize::new(BATCH), all: Notify::new() }));
    let (open, gate) = watch::channel(false);
    let tasks: Vec<_> = slots
        .iter()
        .map(|s| {
            let mut gate = gate.clone();
            tokio::spawn(async move {
                let mut room = [0u8; TOUCHED];
                for i in (0..TOUCHED).step_by(64) {
                    room[i] = 1;
                }
                std::hint::black_box(&mut room);
                if arrivals.left.fetch_sub(1, AcqRel) == 1 {
                    arrivals.all.notify_one();
                }
                gate.wait_for(|open| *open).await.unwrap();
                count(s, u64::from(room[TOUCHED - 64]));
            })
        })
        .collect();
    arrivals.all.notified().await;
    open.send(true).unwrap();
    for t in tasks {
        t.await.unwrap();
    }
}

macro_rules! body {
    ($way:ident) => {
        |mut b: Bench| {
            Box::pin(async move {
                let slots: Slots = Box::leak((0..BATCH).map(|_| AtomicU64::new(0)).collect());
                $way(slots).await;
                b.start();
                for _ in 0..b.n {
                    $way(slots).await;
                }
                b.stop();
                b.items = (b.n * BATCH as u64) as f64;
                let sum = slots.iter().map(|s| s.load(Relaxed)).sum();
                b.check("children that ran", sum, (b.n + 1) * BATCH as u64);
                b
            })
        }
    };
}

pub fn defs() -> Vec<Def> {
    [
        all("spawn", "", "", 0, 1, body!(batch)),
        all("spawn", "", "/mode:one", 0, 1, body!(one_by_one)),
        all("spawn", "", "/mode:park", 0, 1, body!(parking)),
    ]
    .concat()
}
