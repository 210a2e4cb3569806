// SPDX-License-Identifier: Apache-2.0

//! buffered, one to one: tokio's channel has one receiver. bench/WORKLOADS.md#buffered.

use crate::harness::{all, Bench, Def};
use tokio::sync::mpsc;

const CAPACITY: usize = 128;

pub fn defs() -> Vec<Def> {
    all("buffered", "", "/shape:1to1", 1, 5000, |mut b: Bench| {
        Box::pin(async move {
            let n = b.n;
            let (send, mut items) = mpsc::channel(CAPACITY);
            b.start();
            let consumer = tokio::spawn(async move {
                let mut sum = 0u64;
                while let Some(v) = items.recv().await {
                    sum += v;
                }
                sum
            });
            let producer = tokio::spawn(async move {
                for v in 1..=n {
                    send.send(v).await.unwrap();
                }
            });
            producer.await.unwrap();
            let sum = consumer.await.unwrap();
            b.stop();
            b.check("the sum of the items", sum, n * (n + 1) / 2);
            b
        })
    })
}
