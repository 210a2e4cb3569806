// SPDX-License-Identifier: Apache-2.0

//! select, over channels with room for one. bench/WORKLOADS.md#select.

use crate::harness::{all, share, Bench, Def};
use tokio::sync::mpsc;

pub fn defs() -> Vec<Def> {
    all("select", "capacity_1/", "", 0, 200, |mut b: Bench| {
        Box::pin(async move {
            let mut first = 1;
            let mut channels = Vec::new();
            b.start();
            for i in 0..4 {
                let count = share(b.n, 4, i);
                let (send, receive) = mpsc::channel::<u64>(1);
                channels.push(receive);
                let from = first;
                tokio::spawn(async move {
                    for v in from..from + count {
                        send.send(v).await.unwrap();
                    }
                });
                first += count;
            }
            let [mut a, mut c, mut d, mut e]: [_; 4] = channels.try_into().unwrap();
            let mut sum = 0;
            for _ in 0..b.n {
                sum += tokio::select! { // a branch whose producer has ended is no match, and the others are waited for
                    Some(v) = a.recv() => v,
                    Some(v) = c.recv() => v,
                    Some(v) = d.recv() => v,
                    Some(v) = e.recv() => v,
                };
            }
            b.stop();
            b.check("the sum of the items", sum, b.n * (b.n + 1) / 2);
            b
        })
    })
}
