// SPDX-License-Identifier: Apache-2.0

//! ring, by channels with room for one. bench/WORKLOADS.md#ring.

use crate::harness::{all, Bench, Def};
use tokio::sync::mpsc;

const TASKS: u64 = 503;

pub fn defs() -> Vec<Def> {
    all("ring", "capacity_1/", "", 0, 2, |mut b: Bench| {
        Box::pin(async move {
            let (first, mut receiver) = mpsc::channel::<u64>(1);
            for _ in 1..TASKS {
                let (out, next) = mpsc::channel(1);
                let mut inward = std::mem::replace(&mut receiver, next);
                tokio::spawn(async move {
                    while let Some(token) = inward.recv().await {
                        out.send(token + 1).await.unwrap();
                    }
                });
            }
            first.send(0).await.unwrap(); // a first lap, untimed
            let mut token = receiver.recv().await.unwrap();
            b.start();
            for _ in 0..b.n {
                first.send(token + 1).await.unwrap();
                token = receiver.recv().await.unwrap();
            }
            b.stop();
            drop(first);
            assert!(receiver.recv().await.is_none()); // all have ended, one after the other
            b.items = (b.n * TASKS) as f64;
            b.check("the token", token + 1, (b.n + 1) * TASKS);
            b
        })
    })
}
