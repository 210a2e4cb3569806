// SPDX-License-Identifier: Apache-2.0

//! pingpong. bench/WORKLOADS.md#pingpong. tokio's channels have room for one at the least: the plain form is a variant.

use crate::harness::{all, Bench, Body, Def};
use tokio::sync::mpsc;

pub fn defs() -> Vec<Def> {
    let body: Body = |mut b: Bench| {
        Box::pin(async move {
            let (ping, mut asked) = mpsc::channel(1);
            let (pong, mut answers) = mpsc::channel(1);
            let answering = tokio::spawn(async move {
                while let Some(v) = asked.recv().await {
                    pong.send(v + 1).await.unwrap();
                }
            });
            let mut v = 0u64;
            b.start();
            for _ in 0..b.n {
                ping.send(v).await.unwrap();
                v = answers.recv().await.unwrap();
            }
            b.stop();
            drop(ping);
            answering.await.unwrap();
            b.check("answers", v, b.n);
            b
        })
    };
    [all("pingpong", "capacity_1/", "", 0, 50, body), all("pingpong", "", "/mode:buffered", 0, 50, body)].concat()
}
